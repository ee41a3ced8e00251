"""Where the points are in tensors, told from what each point computes alone."""

import numpy as np
import pytest

from netmend.network.evaluate import as_tensor, forward
from netmend.repairs.weights.placing import PLAIN, Place, placed, probed

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.mark.parametrize("place", [PLAIN, Place(1), Place(0, 1, 6), Place(0, 6), Place(1, 2, 3)])
def test_points_are_brought_first_and_back(place):
    import torch

    shape = [4, 4, 4]
    shape[place.axis] = 5 * place.ahead * place.behind
    tensor = torch.arange(int(np.prod(shape))).reshape(shape)
    first = place.first(tensor)
    assert len(first) == 5 and torch.equal(place.back(first), tensor)


def test_every_tensor_brought_first_is_what_its_points_compute_alone(frames):
    inputs = {"x": np.random.default_rng(1).normal(size=(4, 3, 2, 4, 4)).astype(np.float32)}
    places = placed(frames.graph, inputs)
    assert places["active"] == places["short"] == Place(0, 1, 3)
    assert places["time"] == places["later"] == Place(1) and places["all"] == places["mixed"] == Place(0, 3)
    assert places["y"] == places["films"] == PLAIN
    together = forward(frames.graph, {"x": as_tensor(inputs["x"])}, keep="all")
    for at in range(4):
        alone = forward(frames.graph, {"x": as_tensor(inputs["x"][at : at + 1])}, keep="all")
        for name, place in places.items():
            assert np.allclose(place.first(together[name])[at], place.first(alone[name])[0])


def test_one_point_alone_is_told_from_itself_shifted(frames):
    one = {"x": np.random.default_rng(1).normal(size=(1, 3, 2, 4, 4)).astype(np.float32)}
    assert placed(frames.graph, one)["mixed"] == Place(0, 3)


def test_a_sequence_of_two_is_not_taken_for_two_points(write_onnx):
    constants = {"w": np.random.default_rng(0).normal(size=(3, 3)).astype(np.float32), "places": np.array([0])}
    nodes = [
        ("Transpose", ["x"], ["time"], {"perm": [1, 0, 2]}),
        ("MatMul", ["time", "w"], ["z"]),
        ("ReduceSum", ["z", "places"], ["y"], {"keepdims": 0}),
    ]
    network = write_onnx(nodes, {"x": [None, 2, 3]}, {"y": [None, 3]}, constants)
    places = placed(network.graph, {"x": np.random.default_rng(1).normal(size=(3, 2, 3)).astype(np.float32)})
    assert places["z"] == Place(1) and places["y"] == PLAIN


def test_stored_numbers_and_what_all_points_share_have_no_place(write_onnx):
    constants = {"w": np.ones((2, 3), np.float32), "first": np.array([0])}
    nodes = [
        ("Identity", ["w"], ["handed"]),
        ("MatMul", ["x", "handed"], ["y0"]),
        ("ReduceMean", ["y0", "first"], ["shared"], {"keepdims": 1}),
        ("Add", ["y0", "shared"], ["y"]),
    ]
    network = write_onnx(nodes, {"x": [None, 2]}, {"y": [None, 3]}, constants)
    places = placed(network.graph, {"x": np.eye(2, dtype=np.float32)})
    assert "handed" not in places and "shared" not in places and places["y"] == PLAIN


def test_the_probe_knows_shapes_and_holds_no_numbers(frames):
    probe = probed(frames.graph, {"x": np.zeros((5, 3, 2, 4, 4), np.float32)})
    assert probe["active"].shape == (6, 2, 4, 4) and probe["active"].is_meta
