"""Bounds of several precisions at once, with what lies before a change remembered."""

import numpy as np
import pytest

from netmend.core.errors import NoErrorBound
from netmend.network.bounds import bounds
from netmend.repairs.weights.enclosing import Bounded, Prefix, bounded
from netmend.repairs.weights.outlet import Outlet

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.fixture
def outlet(wrong):
    return Outlet("z1", wrong.requirement)


def moved(network, name, by):
    return {name: (network.graph.constants[name] * np.float32(by)).astype(np.float32)}


@pytest.mark.parametrize("step", [2, 100])
def test_slack_and_error_are_those_of_one_pass_in_each_precision(mlp, wrong, outlet, step):
    found = bounded(mlp.graph, {"x": wrong.inputs}, outlet, step, ("float64", "float32"))
    for precision, each in found.items():
        whole = bounds(mlp.graph, {"x": wrong.inputs}, precision=precision)["z1"]
        value, error = whole.value.numpy(), whole.error.numpy()
        slack = wrong.requirement.slack(value)
        assert isinstance(each, Bounded) and np.allclose(each.slack, slack)
        assert np.allclose(each.error, slack - wrong.requirement.slack(value, error))


def test_a_second_change_of_the_same_layer_begins_at_what_is_remembered(mlp, wrong, outlet, monkeypatch):
    import netmend.repairs.weights.enclosing as module

    prefix, begun = Prefix(), []
    monkeypatch.setattr(
        module, "bounds", lambda graph, fed, **more: begun.append(set(fed)) or bounds(graph, fed, **more)
    )
    for by in (1.5, 0.5):
        changed = moved(mlp, "fc1.weight", by)
        graph = mlp.graph.with_constants(changed)
        own, plain = (
            bounded(graph, {"x": wrong.inputs}, outlet, 100, ("float64", "float32"), *more)
            for more in ((tuple(changed), prefix), ())
        )
        for precision in own:
            assert np.allclose(own[precision].slack, plain[precision].slack, atol=1e-12)
            assert np.allclose(own[precision].error, plain[precision].error)
    again = begun[len(begun) // 2 :]
    assert {"a0"} in again and {"x"} in begun[: len(begun) // 2]
    assert sum(fed == {"a0"} for fed in again) == 4


def test_a_void_bound_of_the_coarser_precision_leaves_the_finer_one(mlp, wrong, outlet, monkeypatch):
    import netmend.repairs.weights.enclosing as module

    monkeypatch.setattr(module, "VOID", 1e-12)
    found = bounded(mlp.graph, {"x": wrong.inputs}, outlet, 100, ("float64", "float32"))
    assert isinstance(found["float64"], Bounded) and isinstance(found["float32"], NoErrorBound)
    monkeypatch.setattr(module, "VOID", 0.0)
    found = bounded(mlp.graph, {"x": wrong.inputs}, outlet, 100, ("float64", "float32"))
    assert all(isinstance(each, NoErrorBound) for each in found.values())
