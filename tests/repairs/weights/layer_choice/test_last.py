"""The last layer first, and asking for a layer by name or index."""

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.network.layers import linear_layers
from netmend.repairs.weights.layer_choice._base import Context, ranked

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def context(network, specification):
    return Context(network, specification, linear_layers(network.graph), "z1", specification.inputs, None, None)


def test_the_order_is_that_of_the_network_backwards(mlp, wrong):
    found = ranked(context(mlp, wrong), "last")
    assert [layer.index for layer in found.layers] == [1, 0] and "last" in found.reason


@pytest.mark.parametrize(("wanted", "index"), [("0", 0), ("-1", 1), ("fc1", 1), ("fc1.weight", 1)])
def test_a_layer_may_be_named(mlp, wrong, wanted, index):
    found = ranked(context(mlp, wrong), wanted)
    assert [layer.index for layer in found.layers] == [index]


def test_what_is_neither_is_refused_with_what_there_is(mlp, wrong):
    with pytest.raises(UsageError) as raised:
        ranked(context(mlp, wrong), "middle")
    assert "probe-drift" in raised.value.hint and "0 (fc0)" in raised.value.hint


def test_layers_without_a_score_come_last(mlp, wrong, monkeypatch):
    from netmend.repairs.weights.layer_choice import _base

    strange = _base.Heuristic(lambda context: np.array([np.nan, -5.0]), "x")
    monkeypatch.setattr(_base, "heuristics", lambda: {"strange": strange})
    assert [layer.index for layer in ranked(context(mlp, wrong), "strange").layers] == [1, 0]
