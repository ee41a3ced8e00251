"""An activation that was exchanged is put back, though settings of the other make the same of the rows at hand."""

import numpy as np
import pytest

from netmend.network.edits import ReplaceNodes
from netmend.network.graph import Graph, Node, Signature
from netmend.repairs.conversion.explain import explain
from netmend.repairs.conversion.faults._isolation import isolated

ENDS = (Signature("x", (None, 9), "float32"),), (Signature("y", (None, 9), "float32"),)


def network(op, **attributes):
    return Graph((Node("a", op, ("x",), ("y",), attributes),), {}, *ENDS, 18)


def test_a_relu_is_not_imitated_by_a_hard_sigmoid():
    fed = {"x": np.random.default_rng(0).uniform(-0.9, 0.9, (6, 9))}
    answer = explain(isolated(network("Relu"), network("HardSigmoid", alpha=0.2, beta=0.5), fed))
    (edit,) = answer.edits
    assert isinstance(edit, ReplaceNodes) and [node.op for node in edit.by] == ["Relu"]


def test_settings_of_the_same_activation_are_fitted():
    fed = {"x": np.random.default_rng(0).normal(size=(6, 9))}
    answer = explain(isolated(network("LeakyRelu", alpha=0.17), network("LeakyRelu", alpha=0.01), fed))
    (edit,) = answer.edits
    assert (edit.node, edit.name, edit.value) == ("y", "alpha", pytest.approx(0.17))
