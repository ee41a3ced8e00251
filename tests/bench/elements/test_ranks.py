"""Where the fix stands in the queue, on programs whose queue can be told."""

import pytest

from bench.elements.ranks import ranks, wanted
from bench.elements.subjects import subjects
from netmend.program.elements._find import find_all
from netmend.program.source import Program

TEXT = """
import keras
model = keras.Sequential()
model.add(keras.Input((4,)))
model.add(keras.layers.Dense(8, activation="relu"))
model.add(keras.layers.Dropout(0.9))
model.add(keras.layers.Dense(1, activation="softmax"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x, y, epochs=2)
"""


def elements(*replacements):
    text = TEXT
    for old, new in replacements:
        text = text.replace(old, new)
    return find_all(Program.from_text(text))


def test_what_is_wanted_is_what_the_fix_puts_there():
    fixed = elements(('"softmax"', '"sigmoid"'), ("epochs=2", "epochs=20"))
    found = wanted(elements(), fixed, ("activation", "epochs", "loss"))
    by_id = {element.id: element for element in elements()}
    assert {(by_id[key].kind, by_id[key].value, value) for key, value in found.items()} == {
        ("activation", "softmax", "sigmoid"),
        ("epochs", 2, 20),
    }


def test_a_layer_that_goes_is_wanted_to_be_nothing():
    fixed = elements(("model.add(keras.layers.Dropout(0.9))\n", ""))
    found = wanted(elements(), fixed, ("layer",))
    by_id = {element.id: element for element in elements()}
    assert [(by_id[key].value, value) for key, value in found.items()] == [("Dropout", None)]


def test_a_fix_of_one_usual_value_is_the_first_candidate():
    found = ranks(subjects()["tumours_probability"], "counts")
    assert (found.place, found.part, found.whole) == (1, 1, 1)
    assert found.candidates > 10


@pytest.mark.parametrize("name", ["digits_odd_even", "wheat_torch"])
def test_ranks_are_in_the_order_of_what_they_ask(name):
    found = ranks(subjects()[name], "frequency")
    assert 0 < found.place <= found.part <= found.candidates
    assert found.whole == 0 or found.whole >= found.part
