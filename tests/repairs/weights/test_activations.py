"""Inner tensors are those of a pass over the network, and each input is evaluated once."""

import numpy as np
import pytest

from netmend.network.evaluate import as_tensor, forward
from netmend.network.executions import counted
from netmend.repairs.weights import activations as module
from netmend.repairs.weights.activations import Activations
from netmend.repairs.weights.placing import probed

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.fixture
def images():
    return np.random.default_rng(0).normal(size=(7, 2, 5, 5)).astype(np.float32)


def inner(network):
    """What the last operator reads; shapes are found out here, so that this is not counted."""
    probed(network.graph, {"x": np.zeros((1, 2, 5, 5), np.float32)})
    return network.graph.nodes[-1].inputs[0]


def plain(network, images, name, dtype):
    with torch.no_grad():
        return forward(network.graph, {"x": as_tensor(images)}, keep=[name], dtype=dtype)[name]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("step", [1, 3, 100])
def test_tensors_are_those_of_a_pass_whatever_was_met_before(conv, images, dtype, step, monkeypatch):
    monkeypatch.setattr(module, "lively_chunk", lambda graph, probe: step)
    name, known = inner(conv), Activations(conv.graph)
    known.of([name], {"x": images[2:4]}, torch.float32)
    for order in (slice(None), slice(None, None, -2)):
        found = known.of([name], {"x": images[order]}, dtype)[name]
        assert found.dtype == dtype
        assert torch.allclose(
            found, plain(conv, images[order], name, dtype), rtol=0, atol=1e-6 if dtype.itemsize == 4 else 1e-14
        )


def test_each_input_is_evaluated_once_and_in_float64_if_it_will_be_checked(conv, images):
    name, known = inner(conv), Activations(conv.graph, {"x": images[:3]})
    known.places({"x": images})  # found out once, with evaluations of its own
    with counted() as count:
        single = known.of([name], {"x": images}, torch.float32)[name]
    once = count.operators
    assert once == 7 * (len(conv.graph.nodes) - 1)
    with counted() as count:
        again = known.of([name], {"x": images[::-1].copy()}, torch.float32)[name]
        double = known.of([name], {"x": images[:3]}, torch.float64)[name]
    assert count.operators == 0
    assert torch.equal(again.flip(0), single) and torch.equal(double.float(), single[:3])
    assert torch.equal(double, plain(conv, images[:3], name, torch.float64))
    with counted() as count:
        known.of([name], {"x": images[3:5]}, torch.float64)
    assert count.operators == 2 * (len(conv.graph.nodes) - 1)


def test_nothing_is_remembered_beyond_the_room_that_there_is(conv, images, monkeypatch):
    name = inner(conv)
    row = plain(conv, images[:1], name, torch.float32)
    monkeypatch.setattr(module, "CHUNK_BYTES", 2 * row.numel() * 4)
    known = Activations(conv.graph)
    known.places({"x": images})  # found out once, with evaluations of its own
    for evaluated in (7, 5):
        with counted() as count:
            known.of([name], {"x": images}, torch.float32)
        assert count.operators == evaluated * (len(conv.graph.nodes) - 1)


def test_inputs_of_the_graph_are_handed_on(mlp, wrong):
    known = Activations(mlp.graph)
    found = known.of(["x"], {"x": wrong.inputs}, torch.float64)["x"]
    assert found.dtype == torch.float64 and np.array_equal(found.numpy(), wrong.inputs)
