from netmend.program.elements.gradient_clipping import kind
from netmend.program.lint._examples import keras_program, torch_program
from netmend.program.source import Program


def elements(text):
    return list(kind.find(Program.from_text(text)))


def written(text, value, number=0):
    program = Program.from_text(text)
    return program.patched(kind.change(program, elements(text)[number], value)).main.text


def test_both_frameworks_have_one_and_neither_by_default():
    for text in (keras_program(), torch_program()):
        (element,) = elements(text)
        assert element.absent and element.value == "none" and "global_norm(1)" in kind.values(element)
        assert elements(written(text, "global_norm(1)"))[0].value == "global_norm(1)"


def test_pytorch_has_no_norm_of_each_variable():
    assert "norm(1)" in kind.values(elements(keras_program())[0])
    assert "norm(1)" not in kind.values(elements(torch_program())[0])
