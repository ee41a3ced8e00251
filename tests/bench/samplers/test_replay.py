"""The replayed fault: what its table holds, and how it answers."""

import itertools
import random

import numpy as np
import pytest

replay = pytest.importorskip("bench.samplers.replay", reason="needs the root of the repository")
POINT = {"rate": 0.011, "batch": 40, "epochs": 9, "optimiser": "Adam", "activation": "relu"}


def test_every_cell_of_the_grid_was_trained_with_every_seed_and_read_after_every_epoch():
    table = replay._table()
    cells = set(itertools.product(replay.RATES, replay.BATCHES, replay.OPTIMISERS, replay.ACTIVATIONS))
    assert set(table) == cells
    assert {len(trainings) for trainings in table.values()} == {len(replay.SEEDS)}
    errors = np.array(list(table.values()))
    assert errors.shape[2] == replay.EPOCHS and (errors >= 0).all() and (errors <= 1).all()


def test_a_point_is_answered_by_the_nearest_training_on_the_log_scale():
    chance = random.Random(0)
    table = replay._table()
    for _ in range(50):
        rate, batch = 10 ** chance.uniform(-5, 1), chance.randint(32, 512)
        point = {**POINT, "rate": rate, "batch": batch, "epochs": chance.randint(1, 9)}
        cell = min(
            (cell for cell in table if cell[2:] == ("Adam", "relu")),
            key=lambda cell: abs(np.log(cell[0] / rate)) + abs(np.log(cell[1] / batch)),
        )
        expected = [training[point["epochs"] - 1] for training in table[cell]]
        assert replay.error(point) == pytest.approx(np.mean(expected))
        assert {replay.measured_error(point, np.random.default_rng(seed)) for seed in range(20)} == set(expected)


def test_no_point_is_better_than_the_least_error_and_one_reaches_it():
    points = (
        dict(zip(POINT, values, strict=True))
        for values in itertools.product(
            replay.RATES, replay.BATCHES, range(1, replay.EPOCHS + 1), replay.OPTIMISERS, replay.ACTIVATIONS
        )
    )
    assert min(map(replay.error, points)) == replay.least_error()


def test_the_mutant_is_the_program_with_a_thousandth_of_its_rate():
    assert replay.mutant() == replay.PROGRAM.read_text(encoding="utf-8").replace("=0.01)", "=1e-5)")


@pytest.mark.keras
def test_a_training_of_the_changed_program_learns_about_as_well_as_the_table_says(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    pytest.importorskip("keras", reason="needs Keras")
    pytest.importorskip("torch", reason="needs PyTorch")
    cell = (replay.RATES[4], 128, "Adam", "relu")
    errors = list(replay.trained(replay.mutant(), cell, seed=0))
    assert errors == pytest.approx(replay._table()[cell][0], abs=0.05)
