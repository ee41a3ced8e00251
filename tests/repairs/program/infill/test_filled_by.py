"""A filler is opened by its name and looks at one program."""

import sys

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.program.sequence.read import sequence_of
from netmend.program.source import Program
from netmend.repairs.program.infill._base import NO_FILLER, Filler
from netmend.repairs.program.infill._scorer import filled_by, scorer
from netmend.repairs.program.study import Options, Watch, open_study, reproduce
from netmend.training.subject import TrainingProgram

TEXT = """
import keras
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy", optimizer="adam")
model.fit(x, y)
"""
PROGRAM = Program.from_text(TEXT)


def subject():
    return TrainingProgram(PROGRAM, sys.executable)


def test_without_a_name_it_is_the_default_scorer_and_asks_for_nothing():
    told = []
    looking, wishes = filled_by(NO_FILLER, PROGRAM, told.append)
    sequence = sequence_of(PROGRAM)
    position = sequence.positions("loss")[0]
    values = ("binary_crossentropy", "mean_squared_error")
    own = scorer().log_probabilities(sequence, position, values)
    assert np.array_equal(looking.log_probabilities(sequence, position, values), own)
    assert (wishes.found, dict(wishes.refused), told) == ((), {}, [])


def test_an_unknown_name_is_refused_with_those_that_there_are():
    with pytest.raises(UsageError, match="oracle") as refused:
        filled_by(Filler("oracle"), PROGRAM)
    assert all(name in str(refused.value) for name in ("counts", "frequency", "llm", "unixcoder"))


def test_a_proposer_that_asks_no_filler_refuses_one(tmp_path):
    options = Options(tmp_path, proposer="random", filler=Filler("counts"))
    with (
        pytest.raises(UsageError, match="random asks no filler"),
        open_study(subject(), options, Watch(), None),
    ):
        pass


def test_the_filler_is_part_of_how_to_get_the_same_result(tmp_path):
    options = Options(tmp_path, proposer="infill", filler=Filler("llm", "tiny", "http://127.0.0.1:8000/v1"))
    (command,) = reproduce(subject(), options, "repair")
    assert "--proposer infill --filler llm --model tiny --endpoint http://127.0.0.1:8000/v1" in command
    (without,) = reproduce(subject(), Options(tmp_path), "repair")
    assert "filler" not in without
