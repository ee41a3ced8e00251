"""The baseline does what is published of it: copies what it covers, by its criteria, and nothing else."""

import numpy as np
import pytest

from bench.conversion.fetafix import repair, tau
from netmend.network.edits import SetAttribute, SetConstant, edited
from netmend.network.evaluate import run
from netmend.testing.graphs import NETWORKS, inputs_of

pytest.importorskip("onnxruntime")
pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [([1, 2, 3], [1, 2, 3], 1.0), ([1, 2, 3], [3, 2, 1], -1.0), ([5, 9, 2, 7], [50, 90, 20, 70], 1.0)],
)
def test_tau_compares_label_numbers_as_numbers(one, other, expected):
    """The last pair has no label in common and full agreement, as in the published program."""
    assert tau(np.array(one), np.array(other)) == pytest.approx(expected)


def labels(graph, inputs):
    return run(graph, inputs)["y"].argmax(1)


def test_weights_of_a_convolution_are_copied_where_labels_differ(tmp_path):
    graph = NETWORKS["convolutional"](0)
    inputs = inputs_of(graph, 16, 5)
    faulty = edited(graph, [SetConstant("w4", -graph.constants["w4"])])
    assert (labels(faulty, inputs) != labels(graph, inputs)).any()
    mended, changes = repair(graph, faulty, inputs, tmp_path)
    assert ("WB", "logits") in {(change.family, change.node) for change in changes}
    assert (labels(mended, inputs) == labels(graph, inputs)).all()


def test_what_moves_no_label_is_not_seen(tmp_path):
    graph = NETWORKS["convolutional"](0)
    faulty = edited(graph, [SetAttribute("n1", "epsilon", 2e-3)])
    inputs = inputs_of(graph, 16, 5)
    assert not np.allclose(run(faulty, inputs)["y"], run(graph, inputs)["y"], atol=1e-6)
    assert repair(graph, faulty, inputs, tmp_path)[1] == ()
