"""The first fully connected layer after the others."""

from dataclasses import replace

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("kinds", "wanted"),
    [
        (["linear"] * 4, [0, 1, 2, 3]),
        (["conv", "conv", "linear", "linear"], [2, 3, 1, 0]),
        (["linear", "attention", "linear", "linear"], [2, 3, 1, 0]),
        (["conv", "linear", "conv"], [2, 1, 0]),
        (["linear"], [0]),
    ],
)
def test_the_order_is_after_then_before(mlp, wrong, context_of, order, kinds, wanted):
    context = context_of(mlp, wrong)
    layers = tuple(replace(context.layers[0], index=at, kind=kind) for at, kind in enumerate(kinds))
    assert order(replace(context, layers=layers), "pos-first-fc") == wanted
