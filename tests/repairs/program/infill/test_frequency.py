"""The scorer that knows nothing of a program."""

import numpy as np
import pytest

from netmend.program.sequence.read import sequence_of
from netmend.program.sequence.vocabulary import KINDS
from netmend.program.source import Program
from netmend.repairs.program.infill import counts
from netmend.repairs.program.infill.frequency import Frequency

TEXT = """
import keras
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, activation="ACTIVATION")])
model.compile(loss="mse", optimizer="adam")
model.fit(x, y)
"""


def program(activation):
    return sequence_of(Program.from_text(TEXT.replace("ACTIVATION", activation)))


def test_chances_are_shares_of_what_was_counted_with_one_sighting_more():
    families = ["relu", "relu", "tanh"]
    scorer = Frequency(counts.fit(((str(n), program(each)) for n, each in enumerate(families)), {}))
    position = program("relu").positions("activation")[0]
    values = KINDS["activation"].tokens
    chances = np.exp(scorer.log_probabilities(program("elu"), position, values))
    assert chances.sum() == pytest.approx(1)
    expected = {"relu": 3, "tanh": 2}
    assert chances.tolist() == pytest.approx([expected.get(each, 1) / (3 + len(values)) for each in values])


def test_what_nothing_is_known_of_is_all_alike():
    scorer = Frequency(counts.fit([], {}))
    position = program("relu").positions("loss")[0]
    assert not np.ptp(scorer.log_probabilities(program("relu"), position, KINDS["loss"].tokens))
