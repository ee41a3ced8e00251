from netmend.program.elements.validation_split import kind
from netmend.program.lint._examples import keras_program, torch_program
from netmend.program.source import Program


def elements(text):
    return list(kind.find(Program.from_text(text)))


def written(text, value, number=0):
    program = Program.from_text(text)
    return program.patched(kind.change(program, elements(text)[number], value)).main.text


def test_it_is_missing_where_nothing_is_evaluated():
    (element,) = elements(keras_program())
    assert element.absent and element.value == 0.0
    assert not elements(torch_program())


def test_it_can_be_written_and_is_never_offered_to_a_search():
    text = written(keras_program(), 0.2)
    assert "validation_split=0.2)" in text
    assert [kind.values(each) for each in (*elements(text), *elements(keras_program()))] == [(), ()]
