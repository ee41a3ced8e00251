"""When layers are measured."""

import types

import pytest

from netmend.training.probes.keras_probe import sampling
from netmend.training.probes.keras_probe.reporting import Report


def test_layers_are_measured_on_a_geometric_grid() -> None:
    assert [n for n in range(1, 50) if sampling._on_grid(n)] == [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48]


@pytest.fixture
def parts(small_keras, monkeypatch):
    told = []
    measures = sampling.Sampling(small_keras, Report(told.append, None), True)
    monkeypatch.setattr(sampling, "leaf_layers", lambda model: [])
    training = types.SimpleNamespace(readable=False)
    fields = {"name": "keras 1", "model": types.SimpleNamespace(optimizer=None), "training": training, "sample": None}
    numbers = {"fits": 1, "epochs": 4, "probe_seconds": 1.0, "train_seconds": 100.0, "measured": 0}
    return measures, types.SimpleNamespace(**fields, **numbers), told


def test_a_training_is_measured_on_the_grid_and_at_its_end(parts):
    measures, watched, told = parts
    for watched.epochs in range(1, 11):
        measures.after_epoch(watched, watched.epochs == 10)
    assert [event["epoch"] for event in told] == [1, 2, 3, 4, 6, 8, 10]
    assert not any(event["skipped"] for event in told) and watched.measured == 10


def test_measuring_pauses_when_it_has_taken_its_share_of_the_training(parts):
    measures, watched, told = parts
    watched.probe_seconds = 9.0
    measures.after_epoch(watched, False)
    assert "9.0%" in told[0]["skipped"] and watched.measured == 0
    measures.after_epoch(watched, True)
    assert told[1]["skipped"] == "" and watched.measured == 4


def test_layers_are_not_measured_unasked(parts, small_keras):
    _, watched, told = parts
    sampling.Sampling(small_keras, Report(told.append, None), False).sample(watched)
    assert not told
