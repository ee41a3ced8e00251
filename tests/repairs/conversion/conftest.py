"""Files of a source and a target, and inputs beside them."""

import numpy as np
import pytest

from netmend.network.edits import edited
from netmend.testing.graphs import NETWORKS, inputs_of
from tests.repairs.conversion.networks import graph_of, rows, write


@pytest.fixture
def pair_of(tmp_path):
    """Write both and inputs; the target is the same network under other names where none is given."""

    def make(target=None, source=None, many=12):
        write(tmp_path / "source.onnx", source or graph_of())
        write(tmp_path / "target.onnx", target or graph_of(prefix="t_"))
        np.savez(tmp_path / "x.npz", x=rows(many))
        return tmp_path / "source.onnx", tmp_path / "target.onnx"

    return make


@pytest.fixture
def causes_of(tmp_path):
    """What is found wrong with a tiny network after some edits."""
    from bench.conversion.files import save
    from netmend.repairs.conversion.examine import examine
    from netmend.repairs.conversion.given import Options, read_pair

    def of(name, *edits):
        graph = NETWORKS[name](0)
        paths = save(graph, tmp_path / "source.onnx"), save(edited(graph, edits), tmp_path / "target.onnx")
        np.savez(tmp_path / "inputs.npz", **inputs_of(graph, 16, 0))
        pair, _ = read_pair(paths, Options(inputs=tmp_path / "inputs.npz"))
        return [answer for _, answer in examine(pair, pair.target.graph, pair.inputs.source).causes]

    return of
