import numpy as np
import pytest

from netmend.core.errors import ModelsDisagree
from netmend.network.load import load
from netmend.repairs.conversion.runtime import RuntimeBug, checked
from tests.repairs.conversion.networks import NODES, changed, graph_of, rows, write


class Elsewhere:
    """A network whose runtime runs another file than the one that was read."""

    def __init__(self, read, run):
        self._read, self._run, self.graph = read, run, read.graph
        self.format, self.precision, self.runtime = read.format, read.precision, "a runtime with a bug"

    def run(self, inputs, changed=None):
        return self._run.run(inputs)

    def inner(self, inputs):
        return self._run.inner(inputs)

    def check(self, inputs):
        from netmend.network.agreement import check

        check(self, inputs)


@pytest.fixture
def read(tmp_path):
    return load(write(tmp_path / "n.onnx", graph_of()))


def test_a_right_runtime_is_not_accused(read):
    assert checked(read, {"x": rows()}) is None


def test_a_node_that_the_runtime_gets_wrong_is_named_and_no_other(read, tmp_path):
    wrong = load(write(tmp_path / "w.onnx", graph_of(changed(NODES, 2, count_include_pad=0))))
    found = checked(Elsewhere(read, wrong), {"x": rows()})
    assert isinstance(found, RuntimeBug)
    assert (found.op, found.node) == ("AveragePool", "AveragePool 2") and found.error > found.allowed
    assert "AveragePool" in found.sentence


def test_where_no_specification_can_be_asked_nobody_is_accused(read, tmp_path):
    wrong = load(write(tmp_path / "w.onnx", graph_of(changed(NODES, 2, count_include_pad=0))))
    elsewhere = Elsewhere(read, wrong)
    elsewhere.format = "torch"
    with pytest.raises(ModelsDisagree):
        checked(elsewhere, {"x": rows()})


def test_a_network_that_does_not_run_accuses_nobody(tmp_path):
    nodes = [("Reshape", ["x", "s"], ["y"], {})]
    graph = graph_of(nodes, {"s": np.array([7, 11])}, (None, 4), ("y", (7, 11)))
    assert checked(load(write(tmp_path / "b.onnx", graph)), {"x": np.zeros((3, 4), np.float32)}) is None
