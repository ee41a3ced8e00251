"""Other spellings of a network are no faults: they answer as it does."""

import numpy as np
import pytest

from bench.conversion.spellings import spellings
from netmend.network.evaluate import run
from netmend.testing.graphs import NETWORKS, inputs_of

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.mark.parametrize("name", NETWORKS)
def test_a_spelling_answers_as_the_network_does(name):
    graph = NETWORKS[name](0)
    inputs = inputs_of(graph, 4, 0)
    found = spellings(graph)
    assert {"as-it-is", "renamed"} <= found.keys()
    expected = run(graph, inputs)["y"]
    for spelled in found.values():
        np.testing.assert_allclose(run(spelled, inputs)["y"], expected, rtol=1e-5, atol=1e-5)


def test_every_spelling_changes_some_network():
    met = {name for make in NETWORKS.values() for name in spellings(make(0))}
    assert {"folded", "channels-last", "product-and-sum", "softmax-written-out", "all-at-once"} <= met
