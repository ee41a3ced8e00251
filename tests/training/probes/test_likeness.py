"""Labels that belong to their rows, and labels that belong to others."""

import numpy as np
import pytest

from netmend.training.probes.likeness import likeness

CHANCE = 3  # standard errors; neighbours of neighbours make them somewhat larger than they seem


def blobs(rows=300, classes=3):
    generator = np.random.default_rng(0)
    labels = generator.integers(0, classes, rows)
    centres = generator.normal(size=(classes, 6)) * 2
    return centres[labels] + generator.normal(size=(rows, 6)), labels, generator


@pytest.mark.parametrize("form", [lambda y: y, lambda y: y[:, None], lambda y: np.eye(3)[y], lambda y: y * 0.77])
def test_labels_of_other_rows_are_as_like_as_chance_makes_them(form):
    inputs, labels, generator = blobs()
    assert likeness(inputs, form(labels)) > 8
    assert abs(likeness(generator.permutation(inputs), form(labels))) < CHANCE


def test_rare_classes_and_quantities_count_too():
    inputs, labels, generator = blobs(500, 12)
    rare = (labels == 3).astype(int)
    assert rare.mean() < 0.1
    assert likeness(inputs, rare) > 8
    quantity = inputs @ generator.normal(size=6) + generator.normal(size=500)
    assert likeness(inputs, quantity) > 8
    assert abs(likeness(inputs, generator.permutation(quantity))) < CHANCE


def test_a_column_on_another_scale_hides_nothing():
    inputs, labels, generator = blobs()
    wide = np.column_stack([inputs, generator.normal(size=300) * 1e6, np.ones(300)])
    assert likeness(wide, labels) > 8


def test_pictures_of_many_numbers_are_looked_at_in_part():
    inputs, labels, _ = blobs(2000)
    pictures = np.repeat(inputs, 2000, axis=1).reshape(2000, 3, 40, 100)
    assert likeness(pictures.astype(np.float32), labels) > 8


@pytest.mark.parametrize(
    ("inputs", "labels"),
    [
        (np.ones((300, 4)), np.arange(300) % 2),
        (np.random.default_rng(0).normal(size=(300, 4)), np.ones(300)),
        (np.random.default_rng(0).normal(size=(50, 4)), np.arange(50) % 2),
        (np.random.default_rng(0).normal(size=(300, 4)), np.arange(200) % 2),
        (np.random.default_rng(0).normal(size=(300, 4)), np.random.default_rng(1).normal(size=(300, 2))),
        (np.full((300, 4), np.nan), np.arange(300) % 2),
        (np.random.default_rng(0).normal(size=(300, 4)), np.full(300, np.nan)),
        (np.array([["a"]] * 300), np.arange(300) % 2),
    ],
)
def test_what_cannot_be_told_is_not_told(inputs, labels):
    assert likeness(inputs, labels) is None
