"""Networks that were exported for one, two or three rows answer every row of five as the module itself does."""

import warnings

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.network.evaluate import run
from netmend.network.load import load

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch
nn = torch.nn


class Token(nn.Module):
    """A token before each sequence, and attention."""

    shape = (3, 8, 8)

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, 4)
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        self.block = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        return self.block(torch.cat([self.token.expand(len(x), -1, -1), x], 1))[:, 0]


class States(nn.Module):
    """States that are written down for each row."""

    shape = (5, 4)

    def __init__(self):
        super().__init__()
        self.memory = nn.LSTM(4, 6, batch_first=True)

    def forward(self, x):
        zeros = torch.zeros(1, len(x), 6)
        return self.memory(x, (zeros, zeros))[0][:, -1]


class Windows(nn.Module):
    """Several entries of an axis for each row."""

    shape = (4, 8, 8)

    def __init__(self):
        super().__init__()
        self.look = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x):
        rows = len(x)
        parts = x.permute(0, 2, 3, 1).reshape(rows, 2, 4, 2, 4, 4).permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, 4)
        parts = parts + self.look(parts, parts, parts)[0]
        return parts.reshape(rows, 64, 4).mean(1)


def saved(module, rows, kind, folder):
    example, path = torch.randn(rows, *module.shape), folder / f"network.{kind.partition('-')[0]}"
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        if kind == "pt2":
            torch.export.save(torch.export.export(module, (example,)), path)
        else:
            # The older exporter knows no fused attention.
            torch.backends.mha.set_fastpath_enabled(False)
            try:
                torch.onnx.export(module, (example,), str(path), dynamo=False)
            finally:
                torch.backends.mha.set_fastpath_enabled(True)
    return path


@pytest.mark.parametrize("kind", ["pt2", "onnx"])
@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("kind_of_network", [Token, States, Windows])
def test_each_of_five_rows_gets_the_answer_that_the_module_gives(kind_of_network, rows, kind, tmp_path):
    torch.manual_seed(0)
    module = kind_of_network().eval()
    network = load(saved(module, rows, kind, tmp_path))
    x = torch.randn(5, *module.shape)
    with torch.no_grad():
        right = module(x).numpy()
    (output,) = run(network.graph, {network.graph.inputs[0].name: x.numpy()}).values()
    assert network.graph.rows == rows
    assert np.allclose(output, right, atol=1e-5)
    assert np.allclose(network.run(x.numpy()), right, atol=1e-5)
    assert np.allclose(next(iter(network.outputs(x.numpy()).values())), right, atol=1e-5)
    network.check(x.numpy())
    shown = network.inner(x.numpy())
    assert any(value.shape == right.shape and np.allclose(value, right, atol=1e-5) for value in shown.values())


class Beside(nn.Module):
    """An answer that hangs on the other rows."""

    shape = (4,)

    def forward(self, x):
        return torch.softmax(x, 0)


def test_a_network_whose_rows_hang_on_one_another_is_left_alone_and_says_how_many_it_takes(tmp_path):
    network = load(saved(Beside(), 3, "pt2", tmp_path))
    assert network.graph.rows is None
    assert network.run(np.ones((3, 4), np.float32)).shape == (3, 4)
    with pytest.raises(UsageError, match="has 5 rows; the network takes 3 at once"):
        network.run(np.ones((5, 4), np.float32))


class Squeezed(nn.Module):
    """An answer of one number, without the axis of the rows where there is one row."""

    shape = (4,)

    def __init__(self, *axes):
        super().__init__()
        self.layer, self.axes = nn.Linear(4, 1), axes

    def forward(self, x):
        return self.layer(x).squeeze(*self.axes)


@pytest.mark.parametrize("kind", ["pt2", "onnx"])
@pytest.mark.parametrize(("axes", "shape"), [((), (5,)), ((0,), (5, 1)), ((1,), (5,))])
def test_rows_that_a_network_for_one_has_squeezed_away_come_back(axes, shape, kind, tmp_path):
    torch.manual_seed(0)
    module = Squeezed(*axes).eval()
    network = load(saved(module, 1, kind, tmp_path))
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    with torch.no_grad():
        right = module.layer(torch.from_numpy(x)).numpy().reshape(shape)
    (ours,) = run(network.graph, {network.graph.inputs[0].name: x}).values()
    for answer in (ours, network.run(x), next(iter(network.outputs(x).values()))):
        assert answer.shape == shape and np.allclose(answer, right, atol=1e-6)
    network.check(x)


def test_a_program_gets_no_more_rows_at_once_than_it_was_exported_for(tmp_path):
    module, path = nn.Linear(4, 2).eval(), tmp_path / "network.pt2"
    rows = {0: torch.export.Dim("rows", min=2, max=6)}
    torch.export.save(torch.export.export(module, (torch.randn(3, 4),), dynamic_shapes=(rows,)), path)
    x = torch.randn(15, 4)
    network = load(path)
    assert np.allclose(network.run(x.numpy()), module(x).detach().numpy(), atol=1e-6)
    assert network.run(x[:1].numpy()).shape == (1, 2)


@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize(("axes", "sizes"), [(None, (0, 3, 7, 9)), ((2, 3), (7, 9)), ((0, 3), (0, 9))])
def test_pictures_of_a_written_size_are_resized_whatever_their_number(rows, axes, sizes, tmp_path):
    helper = pytest.importorskip("onnx.helper")
    import onnx

    sizes = np.array([size or rows for size in sizes], np.int64)
    said = {} if axes is None else {"axes": axes}
    node = helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], mode="linear", **said)
    height = 7 if axes != (0, 3) else 5
    ends = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name, shape in (("x", [rows, 3, 5, 6]), ("y", [rows, 3, height, 9]))
    ]
    stored = onnx.numpy_helper.from_array(sizes, "sizes")
    graph = helper.make_graph([node], "g", ends[:1], ends[1:], [stored])
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), tmp_path / "net.onnx"
    )
    network = load(tmp_path / "net.onnx")
    x = np.random.default_rng(0).normal(size=(5, 3, 5, 6)).astype(np.float32)
    (ours,) = run(network.graph, {"x": x}).values()
    assert ours.shape == (5, 3, height, 9)
    np.testing.assert_allclose(network.run(x), ours, atol=1e-6)
    network.check(x)
