"""What a model is measured on; that predictions are Keras' own is asked in `test_watching.py`."""

import types

import numpy as np
import pytest

from netmend.training.probes.keras_probe.data import Data
from netmend.training.probes.keras_probe.evaluation import Evaluation
from netmend.training.probes.keras_probe.reporting import Report

X = np.arange(40.0).reshape(20, 2)


@pytest.fixture
def parts(small_keras):
    told = []
    watched = types.SimpleNamespace(training=Data(X, X), evaluations=[], validation=None, origin="validation_data")
    return Evaluation(small_keras, Report(told.append, None), None), watched, told


def test_the_last_rows_that_are_not_training_rows_are_taken(parts):
    evaluation, watched, told = parts
    new, newer, seen, unlabelled = Data(X + 0.5, X), Data(X + 0.25, X), Data(X[:9], X[:9]), Data(X + 7.1, None)
    watched.evaluations = [new, newer, seen, unlabelled]
    assert evaluation.data(watched) == (newer, "evaluate")
    assert len(told) == 1 and told[0]["text"].startswith(
        "evaluate() was called on 9 rows, of which 9 are also training"
    )


def test_without_them_the_validation_data_are_taken_if_they_have_labels(parts):
    evaluation, watched, _ = parts
    assert evaluation.data(watched) == (None, "")
    watched.validation = Data(X, X)
    assert evaluation.data(watched) == (watched.validation, "validation_data")
    watched.validation = Data(X, None)
    assert evaluation.data(watched) == (None, "")
