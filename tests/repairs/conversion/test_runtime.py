import numpy as np
import pytest

from netmend.core.errors import ModelsDisagree, UsageError
from netmend.network.backends._fx import DoubledCall
from netmend.network.backends.tflite import TfliteNetwork
from netmend.network.edits import SetConstant, edited
from netmend.network.graph import Graph, Node, Signature
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


LITE = Graph(
    (
        Node("c", "tflite:CONV_2D", ("x", "w", "b"), ("c",), {"stride_h": 1, "stride_w": 1, "padding": "SAME"}),
        Node("t", "tflite:TANH", ("c",), ("y",)),
    ),
    {"w": np.full((2, 3, 3, 1), 0.1, np.float32), "b": np.array([1, 2], np.float32)},
    (Signature("x", (None, 5, 6, 1), "float32"),),
    (Signature("y", (None, 5, 6, 2), "float32"),),
    20,
)
PICTURES = {"x": np.random.default_rng(0).standard_normal((2, 5, 6, 1)).astype(np.float32)}


@pytest.fixture
def lite(tmp_path):
    pytest.importorskip("ai_edge_litert")
    from netmend.network.backends._tflite_rewrite import written

    (tmp_path / "n.tflite").write_bytes(written(LITE))
    (tmp_path / "w.tflite").write_bytes(written(edited(LITE, [SetConstant("b", np.zeros(2, np.float32))])))
    return load(tmp_path / "n.tflite"), load(tmp_path / "w.tflite")


def with_kernels(right, wrong, names):
    """A network whose runtime runs another file with some of its kernels."""

    class WithKernels(TfliteNetwork):
        def _litert(self, data, kernels, inner):
            network = wrong if kernels in names else right
            return TfliteNetwork._litert(network, network.file.data, kernels, inner)

        def _with_outputs(self, outputs):
            return TfliteNetwork._with_outputs(wrong if "deployed" in names else right, outputs)

        def _answers(self, inputs, data, kernels="deployed"):
            network = wrong if kernels in names else right
            return TfliteNetwork._answers(network, inputs, network.file.data, kernels)

    return WithKernels(right.path, right.file, right.graph)


@pytest.mark.parametrize("names", [("deployed",), ("deployed", "optimised")], ids=["delegate", "with and without it"])
def test_a_kernel_of_litert_is_accused_where_its_reference_kernel_sides_with_the_replay(lite, names):
    assert checked(lite[0], PICTURES) is None
    found = checked(with_kernels(*lite, names), PICTURES)
    assert found is not None and (found.node, found.op) == ("c", "tflite:CONV_2D")
    assert "reference kernels agrees with our replay" in found.sentence


def test_where_the_reference_kernels_side_with_the_others_nobody_is_accused(lite):
    with pytest.raises(ModelsDisagree):
        checked(with_kernels(*lite, ("deployed", "optimised", "reference")), PICTURES)


class Called:
    """A network of torch with calls that are made in float64 too."""

    graph, format, runtime, precision = graph_of(), "torch", "torch", "float32"

    def __init__(self, *calls):
        self._calls = calls

    def doubled(self, inputs):
        return self._calls

    def check(self, inputs):
        raise ModelsDisagree("torch and our evaluation differ")


RIGHT = DoubledCall("linear", "aten.linear", np.ones(3), np.ones(3) + 1e-6, 1.0)
WRONG = DoubledCall("conv", "aten.conv2d", np.ones(3), np.full(3, 1.5), 1.0)


def test_a_call_of_torch_is_accused_where_the_same_call_in_float64_says_something_else():
    found = checked(Called(RIGHT, WRONG), {"x": rows()})
    assert (found.node, found.op, found.error) == ("conv", "aten.conv2d", 0.5)


def test_large_numbers_that_cancel_accuse_nobody():
    large = DoubledCall("sum", "aten.sum", np.zeros(1), np.ones(1), 1e8)
    with pytest.raises(ModelsDisagree, match="exporter"):
        checked(Called(large), {"x": rows()})


def test_where_all_calls_are_right_it_is_the_exporter_by_which_the_network_is_read():
    with pytest.raises(ModelsDisagree, match="exporter, by which the network is read"):
        checked(Called(RIGHT), {"x": rows()})
    with pytest.raises(ModelsDisagree, match="our evaluation differ"):
        checked(Called(), {"x": rows()})


def test_a_graph_of_the_exporter_that_cannot_be_evaluated_is_no_matter_of_the_inputs():
    class Unevaluable(Called):
        def check(self, inputs):
            raise UsageError("LSTM cannot be evaluated: sizes do not match")

        def run(self, inputs):
            return np.ones(3)

    with pytest.raises(ModelsDisagree, match="exported cannot be evaluated: LSTM cannot be evaluated"):
        checked(Unevaluable(RIGHT), {"x": rows()})

    class Neither(Unevaluable):
        def run(self, inputs):
            raise UsageError("torch does not run it")

    assert checked(Neither(RIGHT), {"x": rows()}) is None
