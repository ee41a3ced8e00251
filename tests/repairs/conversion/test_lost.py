"""Stored numbers that a converter wrote as inputs of the target are found and put back."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.core.loop import Watcher
from netmend.network.graph import Signature
from netmend.network.load import load
from netmend.repairs.conversion.given import Options, read_pair
from netmend.repairs.conversion.lost import lost_inputs
from netmend.repairs.conversion.study import exit_status, repair_conversion
from tests.repairs.conversion.networks import constants, graph_of, rows

pytest.importorskip("onnxruntime")


def without(*names):
    """The target with some stored numbers as inputs, in a file and as a graph."""
    graph = graph_of(prefix="t_")
    gone = tuple(Signature(name, constants()[name].shape, "float32") for name in names)
    kept = {name: value for name, value in graph.constants.items() if name not in names}
    return replace(graph, constants=kept, inputs=(*graph.inputs, *gone))


@pytest.mark.parametrize("names", [("b1",), ("shift", "w2")])
def test_they_are_put_back_into_the_file_and_are_inputs_no_more(pair_of, tmp_path, names):
    paths = pair_of(without(*names))
    before = paths[1].read_bytes()
    found = repair_conversion(paths, Options(inputs=tmp_path / "x.npz"), tmp_path / "out", Watcher())
    assert exit_status(found) == 0 and paths[1].read_bytes() == before
    mended = load(found.repaired)
    assert [each.name for each in mended.graph.inputs] == ["x"]
    fresh = rows(9, seed=99)
    np.testing.assert_allclose(mended.run(fresh), load(paths[0]).run(fresh), atol=1e-6)
    assert any(all(name in each for name in names) and "conversion lost" in each for each in found.warnings)


@pytest.mark.parametrize("shape", [(None, 7), (1, 9, 11, 3)], ids=["of any batch", "in another layout"])
def test_an_input_that_may_be_fed_is_not_lost(pair_of, shape):
    more = replace(graph_of(prefix="t_"), inputs=(*graph_of().inputs, Signature("extra", shape, "float32")))
    assert lost_inputs(graph_of(), more) == ()
    with pytest.raises(UsageError, match="1 inputs"):
        read_pair(pair_of(more), Options())


def test_what_the_user_says_is_an_input_is_one():
    assert [each.name for each in lost_inputs(graph_of(), without("b1"))] == ["b1"]
    assert lost_inputs(graph_of(), without("b1"), named=("b1",)) == ()
