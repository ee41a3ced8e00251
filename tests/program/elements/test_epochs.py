from netmend.program.elements.epochs import kind
from netmend.program.source import Program

TEXT = "import keras\nN = 5\nmodel = keras.Sequential()\nmodel.fit(x, y, epochs=N)\n"


def written(text, value, number=0):
    program = Program.from_text(text)
    element = list(kind.find(program))[number]
    return program.patched(kind.change(program, element, value)).main.text


def test_it_is_changed_where_its_value_is_written():
    assert written(TEXT, 10) == TEXT.replace("N = 5", "N = 10")


def test_a_value_that_depends_on_a_branch_is_unknown_and_replaced_at_the_call():
    text = TEXT.replace("N = 5\n", "N = 5\nif fast:\n    N = 1\n")
    (element,) = kind.find(Program.from_text(text))
    assert element.value is None
    assert written(text, 10) == text.replace("epochs=N", "epochs=10")


def test_keras_goes_once_by_default():
    (element,) = kind.find(Program.from_text(TEXT.replace(", epochs=N", "")))
    assert (element.value, element.absent) == (1, True)


def test_doubling_comes_first():
    (element,) = kind.find(Program.from_text(TEXT))
    assert kind.values(element)[:2] == (10, 2)


def test_fitting_a_scaler_is_no_training():
    text = "import keras\nfrom sklearn.preprocessing import StandardScaler\nStandardScaler().fit(x)\n"
    assert list(kind.find(Program.from_text(text))) == []
