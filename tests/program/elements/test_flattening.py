"""A missing flattening is found in both frameworks, and put before the fully connected layer."""

import pytest

from netmend.program.elements._find import find_all
from netmend.program.elements.flattening import kind
from netmend.program.lint._examples import keras_program, torch_program
from netmend.program.source import Program

MISSING = {
    "keras": keras_program("Conv1D(8, 3)", 'Dense(10, activation="softmax")'),
    "torch": torch_program("Conv2d(1, 8, 3)", "ReLU()", "Linear(8, 10)"),
}


@pytest.mark.parametrize("framework", MISSING)
def test_it_is_added_once(framework):
    program = Program.from_text(MISSING[framework])
    (element,) = kind.find(program)
    assert (element.value, element.absent, kind.values(element)) == ("none", True, ("flatten",))
    patched = program.patched(kind.change(program, element, "flatten"))
    compile(patched.main.text, "train.py", "exec")
    assert patched.main.text.count("Flatten()") == 1
    (present,) = kind.find(patched)
    assert (present.value, present.absent, kind.values(present)) == ("flatten", False, ())


@pytest.mark.parametrize("text", [keras_program(), torch_program()])
def test_programs_without_places_need_none(text):
    assert not [element for element in find_all(Program.from_text(text)) if element.kind == "flattening"]


def test_before_a_fully_connected_layer_that_comes_first_it_is_missing_where_the_program_crashes():
    program = Program.from_text(torch_program())
    (element,) = kind.find(program)
    assert (element.value, element.crashed_only) == ("none", True)
    patched = program.patched(kind.change(program, element, "flatten")).main.text
    assert patched == torch_program("Flatten()", "Linear(20, 32)", "ReLU()", "Linear(32, 10)")
