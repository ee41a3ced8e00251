from netmend.program.elements.gradient_reset import kind
from netmend.program.lint._examples import keras_program, torch_program
from netmend.program.source import Program


def elements(text):
    return list(kind.find(Program.from_text(text)))


def written(text, value, number=0):
    program = Program.from_text(text)
    return program.patched(kind.change(program, elements(text)[number], value)).main.text


def test_only_pytorch_loops_have_one():
    assert not elements(keras_program())
    (element,) = elements(torch_program())
    assert element.value == "each update" and kind.values(element) == ()


def test_a_missing_reset_is_added_where_it_was():
    text = torch_program()
    lines = "        loss = criterion(model(rows), labels)\n        loss.backward()\n"
    without = text.replace("        optimiser.zero_grad()\n", "")
    assert kind.values(elements(without)[0]) == ("each update",)
    assert "labels)\n        optimiser.zero_grad()\n        loss.backward()" in written(without, "each update")
    assert lines in without
