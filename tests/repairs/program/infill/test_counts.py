import json
import math

import numpy as np
import pytest

from netmend.core.errors import EnvironmentFault
from netmend.program.sequence.read import sequence_of
from netmend.program.sequence.vocabulary import ELEMENTS, KINDS
from netmend.program.source import Program
from netmend.repairs.program.infill._base import hidden
from netmend.repairs.program.infill._contexts import contexts
from netmend.repairs.program.infill.counts import SHIPPED, fit, read

TEXT = """
import keras
from keras import layers
model = keras.Sequential([layers.Dense(16, activation="relu"), layers.Dense({units}{last})])
model.compile(optimizer="{optimiser}", loss="{loss}")
model.fit(x, y, epochs={epochs})
"""


def program(units=1, last=', activation="sigmoid"', optimiser="adam", loss="binary_crossentropy", epochs=10):
    text = TEXT.format(units=units, last=last, optimiser=optimiser, loss=loss, epochs=epochs)
    return sequence_of(Program.from_text(text))


BINARY = [program(epochs=epochs) for epochs in (5, 10, 20, 50)]
CLASSES = [program(10, ', activation="softmax"', "sgd", "categorical_crossentropy", epochs) for epochs in (10, 20, 100)]
REGRESSION = [program(1, "", "adam", "mse", epochs) for epochs in (100, 200)]
ALL = [*BINARY, *CLASSES, *REGRESSION]
# Families of authors: each wrote some of every sort.
PROGRAMS = [("abc"[number % 3], each) for number, each in enumerate(ALL)]


def at(sequence, kind, number=0):
    return sequence.positions(kind)[number]


def by_hand(sequence, position, value, strength, written):
    """The chance of a value, from the definition: level by level over all that was met."""
    kind = sequence.tokens[position].kind
    chance = 1 / len(KINDS[kind].tokens)
    for level, context in enumerate(contexts(hidden(sequence, position), position)):
        met = [
            (family, each.tokens[other].value)
            for family, each in PROGRAMS
            for other in each.positions(kind)
            if (each.tokens[other].given or not written) and contexts(hidden(each, other), other)[level] == context
        ]
        values = {each for _, each in met}
        times = {each: sum(math.sqrt(met.count((family, each))) for family in "abc") for each in values}
        general = strength * max(1, len(values))
        chance = (times.get(value, 0) + general * chance) / (sum(times.values()) + general)
    return chance


@pytest.mark.parametrize("kind", ["loss", "optimiser", "epochs", "layer"])
def test_a_chance_is_what_the_definition_says(kind):
    counts = fit(PROGRAMS, dict.fromkeys(ELEMENTS, 2.0), least=1)
    sequence = program(last=', activation="softmax"', units=4)
    position = at(sequence, kind)
    values = KINDS[kind].tokens
    chances = np.exp(counts.log_probabilities(sequence, position, values))
    assert chances == pytest.approx([by_hand(sequence, position, each, 2.0, True) for each in values], rel=0.01)


@pytest.mark.parametrize("kind", ELEMENTS)
def test_the_chances_of_all_values_add_up_to_1(kind):
    counts = fit(PROGRAMS, dict.fromkeys(ELEMENTS, 0.5))
    for sequence in ALL:
        for position in sequence.positions(kind):
            logs = counts.log_probabilities(sequence, position, KINDS[kind].tokens)
            assert np.exp(logs).sum() == pytest.approx(1)


def test_what_one_family_repeats_counts_less_than_what_several_agree_on():
    position = at(ALL[0], "epochs")
    alone = fit([("a", program(epochs=50))] * 4 + [("b", program(epochs=10))] + [("c", program(epochs=10))], {})
    scores = alone.log_probabilities(ALL[0], position, ["50", "10"])
    assert scores[0] == pytest.approx(scores[1])


def test_the_loss_that_belongs_to_the_output_comes_first():
    counts = fit(PROGRAMS, {})
    wrong = program(1, ', activation="sigmoid"', "adam", "mse")
    names = ("mean_squared_error", "binary_crossentropy", "categorical_crossentropy")
    scores = counts.log_probabilities(wrong, at(wrong, "loss"), names)
    assert names[int(np.argmax(scores))] == "binary_crossentropy"


def test_at_a_default_what_all_programs_have_counts_and_not_only_what_is_written():
    counts = fit(PROGRAMS, {})
    absent, written = program(1, "", loss="mse"), program(1, ', activation="relu"', loss="mse")
    linear = [counts.log_probabilities(each, at(each, "activation", 1), ["linear"])[0] for each in (absent, written)]
    assert linear[0] > linear[1]
    chance = by_hand(absent, at(absent, "activation", 1), "linear", 1.0, False)
    assert np.exp(fit(PROGRAMS, {}, 1).log_probabilities(absent, at(absent, "activation", 1), ["linear"])[0]) == (
        pytest.approx(chance, rel=0.01)
    )


def test_counts_are_read_as_they_were_written_and_always_the_same(tmp_path):
    counts = fit(PROGRAMS, {"loss": 2.0})
    for name in ("a.json", "b.json"):
        fit(PROGRAMS, {"loss": 2.0}).write(tmp_path / name)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    again = read(tmp_path / "a.json")
    for sequence in ALL:
        position = at(sequence, "loss")
        values = KINDS["loss"].values
        assert np.array_equal(
            again.log_probabilities(sequence, position, values), counts.log_probabilities(sequence, position, values)
        )


@pytest.mark.parametrize("content", [b"", b"[]", json.dumps({"format": 99}).encode()])
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / "counts.json").write_bytes(content)
    with pytest.raises(EnvironmentFault, match="counts"):
        read(tmp_path / "counts.json")


@pytest.mark.skipif(not SHIPPED.is_file(), reason="the package has no counts yet: python -m bench.elements fit")
def test_the_counts_that_are_shipped_know_what_every_introduction_says():
    counts = read()
    sequence = program()
    names = ("mean_squared_error", "binary_crossentropy", "categorical_crossentropy")
    scores = counts.log_probabilities(sequence, at(sequence, "loss"), names)
    assert names[int(np.argmax(scores))] == "binary_crossentropy"
    assert SHIPPED.stat().st_size < 2_000_000
