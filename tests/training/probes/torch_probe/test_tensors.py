"""Readings of nested tensors."""

import numpy as np
import pytest

from netmend.training.probes.torch_probe.tensors import named_parts, tensors

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_what_a_batch_is_made_of():
    class Batch:
        def __init__(self):
            self.x, self.names, self.size = torch.ones(3), ["a"], 3

    assert set(named_parts(Batch())) == {"x", "names"}
    assert named_parts({"x": 1}) == {"x": 1}
    for nothing in ("text", 3, None, torch.nn.Linear(2, 2), Batch, len, np.ones(3)):
        assert named_parts(nothing) == {}


def test_tensors_of_a_nested_batch_come_in_order_with_their_keys():
    one, two, three = torch.zeros(1), torch.zeros(2), torch.zeros(3)
    found = list(tensors([{"Image": one, "more": (two, "text")}, three]))
    assert [name for name, _ in found] == ["image", "more", ""]
    assert [len(tensor) for _, tensor in found] == [1, 2, 3]
