"""Random orders."""

from collections import Counter
from dataclasses import replace

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_a_seed_has_one_order_and_seeds_reach_all_orders_alike(mlp, wrong, context_of, order):
    context = context_of(mlp, wrong)
    layers = tuple(replace(context.layers[0], index=at) for at in range(3))
    orders = [tuple(order(replace(context, layers=layers, seed=seed), "random-layer")) for seed in range(300)]
    assert orders[7] == tuple(order(replace(context, layers=layers, seed=7), "random-layer"))
    assert len(Counter(orders)) == 6 and max(Counter(orders).values()) < 90
