from dataclasses import replace

import numpy as np
import pytest

from netmend.network.backends._sequences import without_sequences
from netmend.network.evaluate import run
from netmend.network.graph import Graph, Node, Signature

X = np.arange(24.0, dtype=np.float32).reshape(2, 6, 2)


def graph(split, axis=1, keep=1, place=1):
    held = {"place": np.array(place)} | ({} if split is None else {"split": np.array(split)})
    reads = ("x",) if split is None else ("x", "split")
    nodes = (
        Node("s", "SplitToSequence", reads, ("list",), {"axis": axis, "keepdims": keep}),
        Node("a", "SequenceAt", ("list", "place"), ("y",)),
    )
    return Graph(nodes, held, (Signature("x", (None, 6, 2), "float32"),), (Signature("y", (None,), "float32"),), 18)


@pytest.mark.parametrize(
    ("split", "keep", "place", "right"),
    [
        (2, 1, 1, X[:, 2:4]),
        (4, 1, 1, X[:, 4:]),
        ([1, 3, 2], 1, 2, X[:, 4:]),
        (None, 1, 3, X[:, 3:4]),
        (None, 0, 3, X[:, 3]),
    ],
    ids=["equal parts", "a last part that is shorter", "parts of given sizes", "single entries", "without their axis"],
)
def test_an_element_of_a_list_is_cut_out_of_the_tensor(split, keep, place, right):
    found = without_sequences(graph(split, keep=keep, place=place))
    assert len(found.nodes) == 1 and np.array_equal(run(found, {"x": X})["y"], right)


def test_a_list_that_something_else_reads_stays():
    whole = graph(2)
    nodes = (*whole.nodes, Node("n", "SequenceLength", ("list",), ("n",)))
    other = replace(whole, nodes=nodes)
    assert [node.op for node in without_sequences(other).nodes] == ["SplitToSequence", "Slice", "SequenceLength"]
