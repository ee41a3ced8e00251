"""The number of inputs of a layer: what may stand there, and of which programs it is an element."""

import pytest

from netmend.program.elements._find import find_all
from netmend.program.elements.input_width import kind
from netmend.program.lint._examples import keras_program, torch_program
from netmend.program.source import Program

MISFIT = torch_program("Linear(20, 32)", "ReLU()", "Linear(16, 10)")


def test_the_layer_before_says_what_fits():
    program = Program.from_text(MISFIT)
    first, second = kind.find(program)
    assert (first.value, kind.values(first)) == (20, ())
    assert (second.value, kind.values(second)) == (16, (32,))
    patched = program.patched(kind.change(program, second, 32)).main.text
    assert patched == MISFIT.replace("Linear(16, 10)", "Linear(32, 10)")


@pytest.mark.parametrize("crashed", [True, False])
def test_it_is_an_element_of_programs_that_crash_alone(crashed):
    found = find_all(Program.from_text(torch_program()), crashed=crashed)
    assert any(element.kind == "input-width" for element in found) is crashed


def test_keras_finds_it_out_by_itself():
    assert not list(kind.find(Program.from_text(keras_program())))
