from netmend.program.elements.metric import kind
from netmend.program.source import Program

TEXT = "import keras\nmodel = keras.Sequential()\nmodel.compile('adam', 'mse'{})\n"


def written(text, value, number=0):
    program = Program.from_text(text)
    element = list(kind.find(program))[number]
    return program.patched(kind.change(program, element, value)).main.text


def test_each_in_the_list_is_one():
    text = TEXT.format(", metrics=['acc', keras.metrics.AUC()]")
    assert [element.value for element in kind.find(Program.from_text(text))] == ["accuracy", "auc"]
    assert written(text, "mean_absolute_error", 1) == text.replace("keras.metrics.AUC()", "'mean_absolute_error'")


def test_an_absent_one_becomes_a_list():
    assert written(TEXT.format(""), "accuracy") == TEXT.format(", metrics=['accuracy']")


def test_what_keras_does_not_know_by_name_becomes_an_object():
    assert written(TEXT.format(""), "auc") == TEXT.format(", metrics=[keras.metrics.AUC()]")
