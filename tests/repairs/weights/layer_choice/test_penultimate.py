"""The last layer but one."""

from dataclasses import replace

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.mark.parametrize(("many", "wanted"), [(1, [0]), (2, [0, 1]), (4, [2, 3, 1, 0])])
def test_the_order_is_that_of_nearness_to_it(mlp, wrong, context_of, order, many, wanted):
    context = context_of(mlp, wrong)
    layers = tuple(replace(context.layers[0], index=at) for at in range(many))
    assert order(replace(context, layers=layers), "penultimate") == wanted
