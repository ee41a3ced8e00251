"""PyTorch networks with edits: the program that is written answers in torch as the edited graph does."""

import numpy as np
import pytest

from netmend.core.errors import Inexpressible
from netmend.network.backends._base import Rewritable
from netmend.network.edits import ReplaceNodes, SetAttribute, SetConstant, SetInput, edited
from netmend.network.evaluate import run
from netmend.network.graph import Node
from netmend.network.load import load, load_module

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")
pytestmark = pytest.mark.torch


def numbers(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(0, 0.5, shape).astype(np.float32)


X = numbers(3, 2, 7, 6)


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(2, 4, 3, padding=1)
        self.norm = torch.nn.BatchNorm2d(4)
        self.pool = torch.nn.AvgPool2d(2, 1, 1)
        self.last = torch.nn.Linear(4 * 8 * 7, 5)

    def forward(self, x):
        x = torch.nn.functional.gelu(self.norm(self.conv(x)))
        x = self.last(self.pool(x).flatten(1))
        return torch.softmax(x, 1), x


@pytest.fixture(scope="module")
def module():
    torch.manual_seed(0)
    made = Small().eval()
    made.norm.running_var.mul_(0.3)
    made.norm.running_mean.add_(0.2)
    torch.nn.init.constant_(made.norm.weight, 5.0)
    return made


@pytest.fixture(scope="module")
def program(module, tmp_path_factory):
    path = tmp_path_factory.mktemp("program") / "net.pt2"
    batch = torch.export.Dim("batch")
    torch.export.save(torch.export.export(module, (torch.from_numpy(X),), dynamic_shapes=({0: batch},)), path)
    return load(path)


@pytest.fixture(scope="module", params=["exported program", "module in memory"])
def network(request, module):
    return request.getfixturevalue("program") if request.param == "exported program" else load_module(module, X)


def node(network, op):
    return next(each for each in network.graph.nodes if each.op == op)


def edits_of(network):
    conv, norm, pool = (node(network, op) for op in ("Conv", "BatchNormalization", "AveragePool"))
    gelu, last, softmax = (node(network, op) for op in ("Gelu", "Gemm", "Softmax"))
    key = lambda each: each.outputs[0]  # noqa: E731
    permute = Node("p", "Gather", (network.graph.inputs[0].name, "order"), ("swapped",), {"axis": 1})
    return {
        "a weight": [SetConstant(conv.inputs[1], numbers(4, 2, 3, 3, seed=3))],
        "a weight of another shape": [SetConstant(conv.inputs[1], numbers(4, 2, 1, 1)),
                                      SetAttribute(key(conv), "pads", [0, 0, 0, 0])],
        "padding on one side": [SetAttribute(key(conv), "pads", [0, 0, 2, 2])],
        "epsilon": [SetAttribute(key(norm), "epsilon", 0.1)],
        "what a mean counts": [SetAttribute(key(pool), "count_include_pad", 0)],
        "a variant of an activation": [SetAttribute(key(gelu), "approximate", "tanh")],
        "another activation": [ReplaceNodes((key(gelu),), (Node("a", "Relu", gelu.inputs, gelu.outputs),))],
        "an axis": [SetAttribute(key(softmax), "axis", 0)],
        "no bias": [SetInput(key(last), 2, "")],
        "channels of the input permuted": [ReplaceNodes((), (permute,), {"order": np.array([1, 0])}),
                                           SetInput(key(conv), 0, "swapped")],
    }  # fmt: skip


@pytest.mark.parametrize("name", [
    "a weight", "a weight of another shape", "padding on one side", "epsilon", "what a mean counts",
    "a variant of an activation", "another activation", "an axis", "no bias", "channels of the input permuted",
])  # fmt: skip
def test_an_edited_graph_and_the_rewritten_program_answer_alike(network, tmp_path, name):
    edits = edits_of(network)[name]
    network.rewrite(tmp_path / "new.pt2", edits)
    expected = run(edited(network.graph, edits), {network.graph.inputs[0].name: X})
    again = load(tmp_path / "new.pt2")
    for own, value in zip(again.outputs(X).values(), expected.values(), strict=True):
        np.testing.assert_allclose(own, value, atol=1e-6)
    again.check(X)
    before = run(network.graph, {network.graph.inputs[0].name: X})
    assert max(np.abs(one - other).max() for one, other in zip(before.values(), expected.values(), strict=True)) > 1e-6


def test_a_weight_alone_is_written_into_the_file_where_it_is(program, tmp_path):
    conv = node(program, "Conv")
    program.rewrite(tmp_path / "new.pt2", [SetConstant(conv.inputs[1], numbers(4, 2, 3, 3, seed=3))])
    assert (tmp_path / "new.pt2").stat().st_size == program.path.stat().st_size


def test_files_of_weights_take_weights_alone(module, tmp_path):
    network = load_module(module, X)
    edits = edits_of(network)
    network.rewrite(tmp_path / "new.pt", edits["a weight"])
    state = torch.load(tmp_path / "new.pt", weights_only=True)
    assert np.array_equal(state["conv.weight"].numpy(), numbers(4, 2, 3, 3, seed=3))
    with pytest.raises(Inexpressible, match=r"\.pt2 file, which holds both"):
        network.rewrite(tmp_path / "new.pt", edits["epsilon"])


def test_what_no_call_says_is_refused(network, tmp_path):
    conv = node(network, "Conv")
    for edit, says in (
        (SetAttribute(conv.outputs[0], "auto_pad", "SAME_UPPER"), "auto_pad SAME_UPPER"),
        (ReplaceNodes((), (Node("e", "Einsum", conv.inputs[:1], ("e",), {"equation": "nchw->nhwc"}),)), "Einsum"),
    ):
        with pytest.raises(Inexpressible, match=says):
            network.rewrite(tmp_path / "new.pt2", [edit])


PUT_IN = {
    "a transposed convolution": (
        "ConvTranspose", {"w": numbers(2, 2, 3, 3), "b": numbers(2)},
        {"strides": [2, 2], "pads": [1, 0, 0, 2], "output_padding": [1, 0]},
    ),
    "a running sum": ("CumSum", {"axis": np.array(2)}, {}),
    "a running sum backwards without its own entry": ("CumSum", {"axis": np.array(3)}, {"exclusive": 1, "reverse": 1}),
    "a slice with steps": ("Slice", {"s": np.array([1, -5]), "e": np.array([7, 99]), "a": np.array([2, 3]),
                                     "t": np.array([2, 3])}, {}),
    "a cubic resize": ("Resize", {"r": np.zeros(0, np.float32), "s": np.array([1, 1, 2, 2], np.float32)},
                       {"mode": "cubic"}),
}  # fmt: skip


@pytest.mark.parametrize("name", PUT_IN)
def test_an_operator_in_the_place_of_another_answers_as_the_standard_one(tmp_path, name):
    class Alone(torch.nn.Module):
        def forward(self, x):
            return torch.relu(x) + 1

    network = load_module(Alone().eval(), X)
    relu = node(network, "Relu")
    op, constants, attributes = PUT_IN[name]
    edit = ReplaceNodes(
        relu.outputs, (Node("n", op, (relu.inputs[0], *constants), relu.outputs, attributes),), constants
    )
    network.rewrite(tmp_path / "new.pt2", [edit])
    expected = run(edited(network.graph, [edit]), {network.graph.inputs[0].name: X})
    np.testing.assert_allclose(load(tmp_path / "new.pt2").run(X), next(iter(expected.values())), atol=1e-5)


def test_the_divisor_of_an_average_is_read_though_the_exporter_drops_it(tmp_path):
    path, pool = tmp_path / "net.pt2", torch.nn.AvgPool2d(3, 2, padding=1, divisor_override=5, count_include_pad=False)
    torch.export.save(torch.export.export(pool, (torch.from_numpy(X),)), path)
    network = load(path)
    network.check(X)
    ours = next(iter(run(network.graph, {network.graph.inputs[0].name: X}).values()))
    np.testing.assert_allclose(ours, pool(torch.from_numpy(X)).numpy(), atol=1e-6)


def test_all_outputs_and_what_lies_between_come_from_torch_itself(network):
    ours = run(network.graph, {network.graph.inputs[0].name: X})
    for name, value in network.outputs(X).items():
        np.testing.assert_allclose(value, ours[name], atol=1e-6)
    inner = network.inner(X)
    assert {node(network, op).outputs[0] for op in ("Conv", "BatchNormalization", "Gelu", "Gemm")} <= inner.keys()
    conv = torch.nn.functional.conv2d(torch.from_numpy(X), network.module.state_dict()["conv.weight"],
                                      network.module.state_dict()["conv.bias"], padding=1)  # fmt: skip
    np.testing.assert_allclose(inner[node(network, "Conv").outputs[0]], conv.numpy(), atol=1e-6)
    assert isinstance(network, Rewritable)


def test_every_call_is_made_in_float64_from_what_it_really_got():
    """One that changes what it is given included."""

    class Changing(torch.nn.Module):
        def forward(self, x):
            y = x * 2
            y.add_(1)
            return torch.tanh(y).sum(1)

    x = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    calls = load_module(Changing(), x).doubled(x)
    assert [call.op for call in calls][-2:] == ["aten.tanh.default", "aten.sum.dim_IntList"]
    assert calls[0].largest == pytest.approx(np.abs(x).max())
    for call in calls:
        np.testing.assert_allclose(call.made, call.right, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(calls[-1].right, np.tanh(2 * x.astype(np.float64) + 1).sum(1), rtol=1e-6)
