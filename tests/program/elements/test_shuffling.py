from netmend.program.elements.shuffling import kind
from netmend.program.lint._examples import keras_program, torch_program
from netmend.program.source import Program


def elements(text):
    return list(kind.find(Program.from_text(text)))


def written(text, value, number=0):
    program = Program.from_text(text)
    return program.patched(kind.change(program, elements(text)[number], value)).main.text


def test_keras_shuffles_and_pytorch_does_not_unless_told():
    assert elements(keras_program())[0].value is True
    assert elements(torch_program())[0].value is True
    assert elements(torch_program(loader="batch_size=32"))[0].value is False


def test_the_other_order_is_offered_and_written():
    (element,) = elements(keras_program())
    assert kind.values(element) == (False,)
    assert "shuffle=False)" in written(keras_program(), False)
    assert "shuffle=True)" in written(torch_program(loader="batch_size=32"), True)
