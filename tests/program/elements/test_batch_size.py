from netmend.program.elements.batch_size import kind
from netmend.program.source import Program

TEXT = "import keras\nmodel = keras.Sequential([keras.layers.Dense(1)])\nmodel.compile('sgd', 'mse')\n"


def written(text, value, number=0):
    program = Program.from_text(text)
    element = list(kind.find(program))[number]
    return program.patched(kind.change(program, element, value)).main.text


def test_an_absent_one_is_the_default_of_fit_and_is_added():
    text = TEXT + "model.fit(x, y)\n"
    (element,) = kind.find(Program.from_text(text))
    assert (element.value, element.absent) == (32, True)
    assert written(text, 64) == TEXT + "model.fit(x, y, batch_size=64)\n"


def test_it_may_stand_third():
    assert written(TEXT + "model.fit(x, y, 1, 9)\n", 16) == TEXT + "model.fit(x, y, 16, 9)\n"


def test_a_data_set_makes_its_own_batches():
    text = TEXT + "model.fit(data.shuffle(9).batch(4), epochs=2)\n"
    assert written(text, 8) == text.replace("batch(4)", "batch(8)")


def test_a_data_set_of_unknown_origin_has_none():
    assert list(kind.find(Program.from_text(TEXT + "model.fit(data, epochs=2)\n"))) == []


def test_arguments_that_cannot_be_seen_hide_it():
    assert list(kind.find(Program.from_text(TEXT + "model.fit(x, y, **settings)\n"))) == []
