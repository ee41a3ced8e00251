"""The type of tensors: what may stand there, and of which programs it is an element."""

import pytest

from netmend.program.elements._find import find_all
from netmend.program.elements.tensor_type import kind, types, value_of
from netmend.program.lint._examples import keras_program, torch_program
from netmend.program.source import Program


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("none", ("", "")),
        ("inputs.float()", ("float", "")),
        ("labels.long()", ("", "long")),
        ("inputs.float(), labels.long()", ("float", "long")),
    ],
)
def test_a_value_names_the_types_of_inputs_and_of_labels(value, named):
    assert types(value) == named
    assert value_of(named) == value


def test_one_of_the_two_is_changed_before_both_are():
    (element,) = kind.find(Program.from_text(torch_program()))
    values = kind.values(element)
    assert element.value == "none"
    assert set(values[:4]) == {"inputs.float()", "inputs.long()", "labels.float()", "labels.long()"}
    assert len(values) == 8


@pytest.mark.parametrize("crashed", [True, False])
def test_it_is_an_element_of_programs_that_crash_alone(crashed):
    found = find_all(Program.from_text(torch_program()), crashed=crashed)
    assert any(element.kind == "tensor-type" for element in found) is crashed


def test_keras_converts_by_itself():
    assert not list(kind.find(Program.from_text(keras_program())))
