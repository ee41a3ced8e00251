import pytest

from netmend.core.errors import Unchangeable
from netmend.program.elements._find import find_all, together
from netmend.program.elements.optimiser import kind
from netmend.program.source import Program

TEXT = "import keras\nfrom keras.optimizers import SGD\nmodel = keras.Sequential()\nmodel.compile({}, 'mse')\n"


def written(text, value, number=0):
    program = Program.from_text(text)
    element = list(kind.find(program))[number]
    return program.patched(kind.change(program, element, value)).main.text


def test_a_name_stays_a_name():
    assert written(TEXT.format("'sgd'"), "adam") == TEXT.format("'adam'")


def test_the_rate_is_kept_and_what_the_new_class_does_not_take_is_dropped():
    text = TEXT.format("keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True, clipnorm=1.0)")
    assert written(text, "adam") == TEXT.format("keras.optimizers.Adam(0.1, clipnorm=1.0)")


def test_positional_arguments_after_the_rate_mean_something_else_elsewhere():
    text = TEXT.format("keras.optimizers.SGD(0.1, 0.9)")
    assert written(text, "rmsprop") == TEXT.format("keras.optimizers.RMSprop(0.1)")


def test_an_imported_class_gets_a_sibling_through_the_imports_there_are():
    assert written(TEXT.format("SGD(0.1)"), "adam") == TEXT.format("keras.optimizers.Adam(0.1)")


def test_a_value_with_a_rate_sets_both():
    assert written(TEXT.format("'sgd'"), "adam(0.01)") == TEXT.format("keras.optimizers.Adam(learning_rate=0.01)")
    text = TEXT.format("keras.optimizers.SGD(learning_rate=0.1)")
    assert written(text, "adam(0.01)") == TEXT.format("keras.optimizers.Adam(learning_rate=0.01)")
    text = TEXT.format("keras.optimizers.SGD(momentum=0.9, clipnorm=1.0)")
    assert written(text, "adam(0.01)") == TEXT.format("keras.optimizers.Adam(learning_rate=0.01, clipnorm=1.0)")


def test_a_name_and_its_absent_rate_are_changed_together():
    program = Program.from_text(TEXT.format("'sgd'"))
    optimiser, rate = (each for each in find_all(program) if each.kind in {"optimiser", "learning-rate"})
    assert together([(rate, 1e-05), (optimiser, "adam")]) == ((optimiser, "adam(1e-05)"),)
    assert together([(rate, 0.1)]) == ((rate, 0.1),)
    assert together([(optimiser, "adam")]) == ((optimiser, "adam"),)
    assert written(TEXT.format("'sgd'"), "adam(1e-05)") == TEXT.format("keras.optimizers.Adam(learning_rate=1e-5)")


def test_without_one_keras_takes_rmsprop():
    text = "import keras\nmodel = keras.Sequential()\nmodel.compile(loss='mse')\n"
    (element,) = kind.find(Program.from_text(text))
    assert (element.value, element.absent) == ("rmsprop", True)
    assert written(text, "adam") == text.replace("'mse')", "'mse', optimizer='adam')")


def test_arguments_from_a_dictionary_are_not_guessed_at():
    with pytest.raises(Unchangeable):
        written(TEXT.format("SGD(**settings)"), "adam")


def test_an_object_two_models_share_is_one_element():
    text = "import keras\no = keras.optimizers.SGD(1.0)\na.compile(o, 'mse')\nb.compile(o, 'mse')\n"
    assert len(list(kind.find(Program.from_text(text)))) == 1
