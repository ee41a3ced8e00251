import pytest

from netmend.core.errors import Unchangeable
from netmend.program.elements.vocabulary_size import kind
from netmend.program.lint._examples import HEALTHY, torch_program
from netmend.program.source import Program


def test_an_embedding_can_take_more_numbers_and_no_other_size_is_offered_blindly():
    program = Program.from_text(torch_program("Embedding(50, 8)", "Flatten()"))
    (element,) = kind.find(program)
    assert (element.value, kind.values(element)) == (50, ())
    assert "nn.Embedding(60, 8)" in program.patched(kind.change(program, element, 60)).main.text


@pytest.mark.parametrize("value", [0, True, "+3", None])
def test_what_is_no_size_is_refused(value):
    program = Program.from_text(torch_program("Embedding(50, 8)", "Flatten()"))
    (element,) = kind.find(program)
    with pytest.raises(Unchangeable):
        kind.change(program, element, value)


def test_programs_without_embeddings_have_no_such_element():
    assert not any(kind.find(Program.from_text(text)) for text in HEALTHY)
