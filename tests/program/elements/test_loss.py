from netmend.program.elements.loss import kind
from netmend.program.source import Program

TEXT = "import keras\nmodel = keras.Sequential()\nmodel.compile('adam', {})\n"


def written(text, value, number=0):
    program = Program.from_text(text)
    element = list(kind.find(program))[number]
    return program.patched(kind.change(program, element, value)).main.text


def test_a_name_stays_a_name():
    assert written(TEXT.format('"mse"'), "mean_absolute_error") == TEXT.format('"mean_absolute_error"')


def test_logits_need_an_object():
    wanted = "keras.losses.CategoricalCrossentropy(from_logits=True)"
    assert written(TEXT.format("'mse'"), "categorical_crossentropy(from_logits)") == TEXT.format(wanted)


def test_an_object_stays_an_object():
    text = TEXT.format("keras.losses.BinaryCrossentropy(from_logits=True)")
    (element,) = kind.find(Program.from_text(text))
    assert element.value == "binary_crossentropy(from_logits)"
    assert written(text, "hinge") == TEXT.format("keras.losses.Hinge()")


def test_all_spellings_of_one_loss_have_one_name():
    spellings = ["'mse'", "'MSE'", "'mean_squared_error'", "keras.losses.MeanSquaredError()", "keras.losses.mse"]
    for spelling in spellings:
        assert [e.value for e in kind.find(Program.from_text(TEXT.format(spelling)))] == ["mean_squared_error"]


def test_a_function_of_the_program_is_unknown_and_can_be_replaced():
    text = "def mine(a, b): ...\n" + TEXT.format("mine")
    (element,) = kind.find(Program.from_text(text))
    assert element.value is None
    assert written(text, "poisson") == text.replace("mine)", "'poisson')")


def test_each_output_has_its_own():
    text = TEXT.format("{'a': 'mse', 'b': 'mae'}")
    values = [element.value for element in kind.find(Program.from_text(text))]
    assert values == ["mean_squared_error", "mean_absolute_error"]


def test_a_loss_used_as_a_function_stays_callable():
    text = "import keras\nloss_of = keras.losses.MeanSquaredError()\nloss_of(a, b)\n"
    assert written(text, "huber") == text.replace("MeanSquaredError", "Huber")
