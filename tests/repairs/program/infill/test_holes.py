import math

import numpy as np
import pytest

from netmend.program.elements._find import find_all
from netmend.program.sequence.read import sequence_of
from netmend.program.sequence.vocabulary import KINDS, UNKNOWN
from netmend.program.source import Program
from netmend.repairs.program.infill._base import candidates
from netmend.repairs.program.infill._holes import About, alike, applied, fillings, holes, value_of

PROGRAM = Program.from_text("""
import keras
from keras import layers
model = keras.Sequential([
    layers.Dense(8, activation="tanh"), layers.Dense(8, activation="tanh"), layers.Dense(1, activation="relu"),
])
model.compile(optimizer="adam", loss="mse")
model.fit(x, y, epochs=8)
""")
SEQUENCE, ELEMENTS = sequence_of(PROGRAM), find_all(PROGRAM)


class Said:
    """A scorer that says for each kind what it is told to; the rest is shared out evenly."""

    def __init__(self, **chances):
        self.chances = {kind.replace("_", "-"): each for kind, each in chances.items()}

    def log_probabilities(self, sequence, position, asked):
        kind = sequence.tokens[position].kind
        told = self.given(sequence, position, self.chances.get(kind, {}))
        rest = (1 - sum(told.values())) / (len(KINDS[kind].tokens) - len(told))
        return np.log([told.get(each, rest) for each in asked])

    def given(self, sequence, position, told):
        return told


class InSight(Said):
    """Of loss and last activation each makes the other likely: cross-entropy and sigmoid go together."""

    def given(self, sequence, position, told):
        kind, values = sequence.tokens[position].kind, {token.value for token in sequence.tokens}
        if kind == "activation" and sequence.roles[position] == "output":
            return {"sigmoid": 0.9} if "binary_crossentropy" in values else {"linear": 0.6, "relu": 0.2}
        if kind == "loss":
            return {"binary_crossentropy": 0.9} if "sigmoid" in values else {"mean_squared_error": 0.5}
        return {}


def position(kind, role=""):
    return next(at for at in SEQUENCE.positions(kind) if not role or SEQUENCE.roles[at] == role)


def test_a_hole_says_what_is_expected_and_how_odd_what_stands_there_is():
    found = holes(Said(loss={"mean_squared_error": 0.1, "huber": 0.4}), SEQUENCE, ELEMENTS, "loss")
    assert [hole.element.kind for hole in found] == ["loss"]
    hole = found[0]
    assert (hole.present, hole.rank, hole.guesses[0].token) == ("mean_squared_error", 2, "huber")
    assert hole.chance == pytest.approx(0.1) and hole.surprise == pytest.approx(-math.log(0.1))
    assert hole.gain == pytest.approx(math.log(0.4 / 0.1))


def test_what_the_scorer_knows_nothing_of_is_no_hole():
    assert not holes(Said(), SEQUENCE, ELEMENTS, "loss", "epochs", "activation")


def test_inputs_that_are_scaled_already_are_no_hole():
    scorer = Said(input_scaling={"divide(255)": 0.9})
    assert [hole.element.kind for hole in holes(scorer, SEQUENCE, ELEMENTS)] == ["input-scaling"]
    scaled = Program.from_text(PROGRAM.main.text.replace("model.fit", "x = x / 16\nmodel.fit"))
    assert not holes(scorer, sequence_of(scaled), find_all(scaled))


def test_a_default_that_is_not_written_is_a_hole_whose_value_can_be_inserted():
    hole = holes(Said(learning_rate={"0.001": 0.2, "0.1": 0.5}), SEQUENCE, ELEMENTS, "learning-rate")[0]
    assert hole.element.absent and hole.present == "0.001"
    assert (hole.guesses[0].value, hole.guesses[0].gain) == (0.1, pytest.approx(math.log(2.5)))


def test_all_values_are_legal_in_the_framework():
    for hole in holes(Said(loss={"huber": 0.3}, activation={"relu": 0.3}), SEQUENCE, ELEMENTS):
        assert {guess.token for guess in hole.guesses} <= set(candidates(hole.element.kind, "keras")) - {hole.present}


def test_a_number_is_as_likely_as_what_lies_around_it():
    plain = Said(epochs={"8": 0.01, "10": 0.5, "100": 0.3})
    at = position("epochs")
    eight, ten, hundred, thousand = np.exp(About(plain).log_probabilities(SEQUENCE, at, ("8", "10", "100", "1000")))
    assert eight > 0.4 and ten > 0.5  # ten is within a factor of two of eight
    assert 0.3 < hundred < 0.4 and thousand < 0.1
    names = About(Said(loss={"huber": 0.7})).log_probabilities(SEQUENCE, position("loss"), ("huber",))
    assert np.exp(names) == pytest.approx([0.7])


def test_of_numbers_only_usual_ones_far_apart_are_guessed():
    scorer = About(Said(epochs={"10": 0.3, "12": 0.2, "15": 0.2, "20": 0.1, "100": 0.1}))
    guessed = [guess.value for guess in holes(scorer, SEQUENCE, ELEMENTS, "epochs")[0].guesses]
    assert 20 in guessed and 100 in guessed
    assert not {10, 12} & set(guessed)  # too near the 8 that stands there
    for one in guessed:
        assert all(other == one or max(one / other, other / one) >= 1.98 for other in guessed)


def test_a_number_beyond_all_that_are_known_is_as_unlikely_as_it_is_far():
    scorer = About(Said(epochs={"10": 0.3, "30000": 0.1}))
    chances = []
    for epochs in (30000, 60000, 10**9):
        text = PROGRAM.main.text.replace("epochs=8", f"epochs={epochs}")
        program = Program.from_text(text)
        (hole,) = holes(scorer, sequence_of(program), find_all(program), "epochs")
        chances.append(hole.chance)
    assert chances[1] == pytest.approx(chances[0] * math.exp(-0.5))  # a factor of two is one width
    assert 0 < chances[2] < 1e-20


def test_values_have_the_type_that_elements_have():
    assert value_of("epochs", "10") == 10 and isinstance(value_of("epochs", "10"), int)
    assert isinstance(value_of("learning-rate", "1"), float)
    assert value_of("shuffling", "true") is True
    assert value_of("loss", "huber") == "huber"


def test_a_changed_sequence_reads_like_the_changed_program():
    element = next(each for each in ELEMENTS if each.kind == "loss")
    written = Program.from_text(PROGRAM.main.text.replace('"mse"', '"mae"'))
    plain = [(token.kind, token.value) for token in sequence_of(written).tokens]
    changed = applied(SEQUENCE, {element.id: "mean_absolute_error"})
    assert [(token.kind, token.value) for token in changed.tokens] == plain


def test_a_joint_gain_is_the_quotient_of_the_products_of_chances():
    loss, last = position("loss"), position("activation", "output")
    options = [candidates("loss", "keras"), candidates("activation", "keras")]
    found = fillings(InSight(), SEQUENCE, [loss, last], options, 6)
    together = next(each for each in found if each.tokens == ("binary_crossentropy", "sigmoid"))

    # The slow way: each in sight of what was filled before it, with the activation hidden while the loss is filled.
    rest = (1 - 0.5) / (len(KINDS["loss"].tokens) - 1)
    present = math.log(0.5) + math.log(0.2)  # mean squared error in sight of no sigmoid, then relu before it
    assert together.gain == pytest.approx(math.log(rest) + math.log(0.9) - present)
    single = fillings(InSight(), SEQUENCE, [loss], [("binary_crossentropy",)])[0]
    assert together.gain > single.gain
    assert all(each.tokens != ("mean_squared_error", "relu") for each in found)
    assert [each.gain for each in found] == sorted((each.gain for each in found), reverse=True)


def test_all_layers_alike_are_compared_with_all_as_they_are():
    places = [at for at in SEQUENCE.positions("activation") if SEQUENCE.roles[at] != "output"]
    scorer = Said(activation={"relu": 0.6, "tanh": 0.2})
    best = next(alike(scorer, SEQUENCE, places, ["relu", "elu"]))
    assert best.tokens == ("relu", "relu")
    assert best.gain == pytest.approx(2 * math.log(0.6 / 0.2))


def test_a_value_that_cannot_be_read_has_no_anomaly_score():
    program = Program.from_text(PROGRAM.main.text.replace("epochs=8", "epochs=int(input())"))
    sequence = sequence_of(program)
    (hole,) = holes(Said(epochs={"10": 0.5}), sequence, find_all(program), "epochs")
    assert hole.present == UNKNOWN
    assert hole.surprise == 0 and hole.rank == 0 and hole.gain == 0


def test_where_nothing_is_a_value_too_what_is_written_is_compared_with_all_places():
    class Where:
        def log_probabilities(self, sequence, position, asked):
            written = sequence.tokens[position].given
            return np.log([{"linear": 0.01 if written else 0.5}.get(each, 0.02) for each in asked])

    for kind, chance in (("activation", 0.5), ("loss", 0.01)):
        at = position(kind)
        assert SEQUENCE.tokens[at].given
        assert np.exp(About(Where()).log_probabilities(SEQUENCE, at, ("linear",))) == pytest.approx([chance])
