import math
import re

import pytest

from netmend.program.elements._find import find_all
from netmend.program.sequence.read import sequence_of
from netmend.program.source import Program
from netmend.repairs.program.infill import _prior, counts
from netmend.repairs.program.infill._prior import AGAINST, MOST, STRENGTH, Prior, percent, times

PROGRAM = Program.from_text("""
import keras
from keras import layers
model = keras.Sequential([layers.Dense(64, activation="relu"), layers.Dense(10, activation="relu")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=10)
""")
ELEMENTS = find_all(PROGRAM)
PRIOR = Prior(counts.read(), sequence_of(PROGRAM), ELEMENTS)


def element(kind, role=""):
    return next(each for each in ELEMENTS if each.kind == kind and (not role or each.role == role))


LAST, FIRST = element("activation", "output"), element("activation", "input")


def test_an_odd_element_is_more_likely_at_fault_than_a_usual_one():
    assert PRIOR.chance(LAST) > 0.5 > 0.1 > PRIOR.chance(FIRST)
    hole = next(each for each in PRIOR.holes if each.element == LAST)
    odds = math.exp(hole.gain - AGAINST)
    assert PRIOR.chance(LAST) == pytest.approx(odds / (1 + odds))


@pytest.mark.parametrize("kind", ["metric", "shuffling", "class-weight", "regulariser"])
def test_it_is_silent_about_what_it_cannot_speak_of(kind):
    assert PRIOR.chance(element(kind)) is None
    assert PRIOR.sentence(element(kind)) == ""
    assert PRIOR.weighed(0.3, element("shuffling"), False) == 0.3


def test_the_order_changes_and_the_highest_score_stays():
    elements = [element("loss"), FIRST, LAST, element("shuffling")]
    scores = [0.4, 0.3, 0.35, 0.1]
    joined = PRIOR.joined(elements, scores)
    assert max(joined) == pytest.approx(0.4)
    assert max(range(4), key=lambda at: joined[at]) == 2
    assert joined[2] > joined[0] > joined[1] > joined[3]
    assert PRIOR.joined([], []) == []


def test_the_sentence_says_what_is_expected_where_it_is_not_what_stands_there():
    sentence = PRIOR.sentence(LAST)
    assert re.fullmatch(r"a model of correct programs expects softmax here \(\d+%\); relu has [\d.]+%", sentence)
    assert PRIOR.sentence(FIRST) == ""


def test_the_odds_of_a_change_are_multiplied_by_a_share_of_its_gain():
    gain = PRIOR.gain(element("optimiser"), "sgd")
    assert -MOST < gain < 0
    odds = 0.3 / 0.7 * math.exp(STRENGTH * gain)
    assert PRIOR.weighed(0.3, element("optimiser"), "sgd") == pytest.approx(odds / (1 + odds))


def test_more_than_so_much_gain_counts_no_more():
    odds = 0.3 / 0.7 * math.exp(STRENGTH * MOST)
    assert PRIOR.gain(LAST, "softmax") > MOST
    assert PRIOR.weighed(0.3, LAST, "softmax") == pytest.approx(odds / (1 + odds))
    assert 0 < PRIOR.weighed(1.0, LAST, "exponential") <= 1


def test_how_long_to_train_is_for_the_data_to_say():
    assert PRIOR.gain(element("epochs"), 1) < 0
    assert PRIOR.weighed(0.3, element("epochs"), 1) == PRIOR.weighed(0.3, element("batch-size"), 4) == 0.3


def test_changes_of_layers_have_gains_too():
    repeats = element("layer-repeats")
    assert PRIOR.gain(repeats, 2) < 0
    assert PRIOR.gain(repeats, 7) is None
    assert PRIOR.weighed(0.5, repeats, 2) < 0.5


def test_chances_are_written_for_a_person():
    assert [percent(each) for each in (0.9, 0.105, 0.04, 0.0031)] == ["90%", "10%", "4%", "0.3%"]
    assert [percent(each) for each in (0, 1e-6, 0.0001)] == ["0%", "<0.01%", "0.01%"]


def test_a_chance_is_written_in_plain_digits_and_is_right_to_half_of_its_last_one():
    for step in range(1, 10_000):
        text = percent(step / 10_000)
        assert re.fullmatch(r"\d+(\.\d+)?%", text)
        assert float(text[:-1]) == pytest.approx(step / 100, abs=0.5, rel=0.5)


def test_how_many_times_is_written_in_plain_digits():
    assert [times(each) for each in (1.44, 99.6, 999, 1e9)] == [
        "1.4 times",
        "100 times",
        "1000 times",
        "more than 1,000 times",
    ]


def test_nothing_is_expected_that_is_unlikely(monkeypatch):
    best = next(each for each in PRIOR.holes if each.element == LAST).guesses[0].chance
    monkeypatch.setattr(_prior, "EXPECTED", best)
    assert PRIOR.sentence(LAST)
    monkeypatch.setattr(_prior, "EXPECTED", best * 1.001)
    assert PRIOR.sentence(LAST) == ""


def test_chances_of_numbers_which_do_not_add_up_are_not_told():
    """The sentence names how many times as likely: the logarithm of that is the gain."""
    program = Program.from_text(PROGRAM.main.text.replace('"adam"', "keras.optimizers.Adam(learning_rate=5.0)"))
    elements = find_all(program)
    prior = Prior(counts.read(), sequence_of(program), elements)
    rate = next(each for each in elements if each.kind == "learning-rate")
    hole = next(each for each in prior.holes if each.element == rate)
    assert hole.gain > 0
    said = prior.sentence(rate)
    found = re.fullmatch(
        r"a model of correct programs expects a value near ([\d.]+) here, (.*) as likely as one near 5.0", said
    )
    assert found, said
    assert found[1] == hole.guesses[0].token
    assert found[2] == times(math.exp(hole.gain))
    near = Program.from_text(program.main.text.replace("5.0", "0.0005"))
    prior = Prior(counts.read(), sequence_of(near), find_all(near))
    rate = next(each for each in find_all(near) if each.kind == "learning-rate")
    assert 1 < math.exp(next(each for each in prior.holes if each.element == rate).gain) < 2
    assert prior.sentence(rate) == ""
