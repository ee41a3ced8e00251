"""The tiny networks are computed by LiteRT as by us, so that faults in them are faults of networks."""

import numpy as np
import pytest

from netmend.network.backends._tflite_rewrite import written
from netmend.network.load import load
from netmend.testing.graphs import inputs_of
from netmend.testing.tflite_graphs import TFLITE_NETWORKS

pytest.importorskip("ai_edge_litert")
pytest.importorskip("tflite")
pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.mark.parametrize("name", TFLITE_NETWORKS)
@pytest.mark.parametrize("seed", range(2))
def test_a_tiny_network_runs_in_litert_and_answers_the_same(name, seed, tmp_path):
    graph = TFLITE_NETWORKS[name](seed)
    path = tmp_path / "net.tflite"
    path.write_bytes(written(graph))
    # The state of a recurrent layer is written down for one row.
    network, inputs = load(path), inputs_of(graph, 1 if "state" in graph.constants else 3, seed)
    network.check(inputs)
    assert np.isfinite(network.run(inputs)).all()
