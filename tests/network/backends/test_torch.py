"""PyTorch networks are read from every format without running anything in it, and only changed numbers change."""

import copy
import hashlib
import io
import pickle
import zipfile

import numpy as np
import pytest

from netmend.core.errors import BrokenFile, NetmendError, SubjectError, UnsupportedModel, UsageError
from netmend.network.bounds import bounds
from netmend.network.evaluate import run
from netmend.network.layers import linear_layers
from netmend.network.load import load, load_module

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")
pytestmark = pytest.mark.torch

X = np.random.default_rng(0).normal(size=(3, 3, 6, 6)).astype(np.float32)
SOURCE = '''
import torch
from torch import nn


class Net(nn.Module):
    """Convolution, normalisation, a padded shortcut, dropout and a classifier."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.out = nn.Linear(4, 5)

    def forward(self, x):
        y = torch.relu(self.norm(self.conv(x)))
        y = y + nn.functional.pad(x, (0, 0, 0, 0, 0, 1))
        y = nn.functional.avg_pool2d(y, y.size()[3]).view(x.size(0), -1)
        return self.out(nn.functional.dropout(y, 0.5, self.training))


def build():
    torch.manual_seed(0)
    net = Net()
    net.norm.running_mean += 0.3
    return net


def fails():
    raise RuntimeError("no")


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.second = nn.Linear(4, 4, bias=False)
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("torch")
    (path / "model.py").write_text(SOURCE)
    return path


@pytest.fixture(scope="module")
def net(folder):
    names = {}
    exec(SOURCE, names)
    return names["build"]()


def saved(folder, net, form):
    """The same weights in each format: (path, architecture)."""
    architecture = f"{folder / 'model.py'}:build"
    path = folder / f"net{form}"
    if form == ".safetensors":
        pytest.importorskip("safetensors.torch").save_file(net.state_dict(), path)
    elif form == ".pt2":
        batch = torch.export.Dim("batch")
        program = torch.export.export(net.eval(), (torch.from_numpy(X),), dynamic_shapes=({0: batch},))
        torch.export.save(program, path)
        architecture = None
    elif form == ".th":
        state = {"state_dict": {f"module.{key}": value for key, value in net.state_dict().items()}, "best": 0.9}
        torch.save(state, path, _use_new_zipfile_serialization=False)
    else:
        torch.save(net.state_dict(), path)
    return path, architecture


def reread(path, net):
    """By torch itself."""
    if path.suffix == ".pt2":
        return torch.export.load(path).module()
    if path.suffix == ".safetensors":
        state = pytest.importorskip("safetensors.torch").load_file(path)
    else:
        state = torch.load(path, weights_only=True)
        state = {key.removeprefix("module."): value for key, value in state.get("state_dict", state).items()}
    again = copy.deepcopy(net)
    again.load_state_dict(state)
    return again.eval()


@pytest.mark.parametrize("form", [".pt", ".th", ".safetensors", ".pt2"])
def test_a_network_comes_back_in_its_own_format_with_only_the_changed_numbers_changed(folder, net, form, tmp_path):
    path, architecture = saved(folder, net, form)
    network = load(path, architecture, X)
    expected = net.eval()(torch.from_numpy(X)).detach().numpy()
    assert np.array_equal(network.run(X), expected)
    assert np.allclose(run(network.graph, {network.graph.inputs[0].name: X})["linear"], expected, atol=1e-5)
    assert [layer.name for layer in linear_layers(network.graph)] == ["conv", "out"]
    assert set(network.parameters.values()) >= {"conv.weight", "conv.bias", "out.weight", "out.bias", "norm.weight"}
    assert network.digest() == hashlib.sha256(path.read_bytes()).hexdigest()

    changed = {"out.bias": np.arange(5, dtype=np.float32) * 100 + 17.25}
    network.write(tmp_path / f"out{form}", changed)
    before, after = path.read_bytes(), (tmp_path / f"out{form}").read_bytes()
    assert len(before) == len(after)
    places = np.flatnonzero(np.frombuffer(before, np.uint8) != np.frombuffer(after, np.uint8))
    # The 20 bytes of five numbers, and the four of each of two checksums in an archive.
    assert len(places) <= 20 + (8 if form in (".pt", ".pt2") else 0)
    again = reread(tmp_path / f"out{form}", net)
    assert np.array_equal(again(torch.from_numpy(X)).detach().numpy(), network.run(X, changed))
    if form in (".pt", ".pt2"):
        assert zipfile.ZipFile(tmp_path / f"out{form}").testzip() is None
    old = network.graph.constants["out.bias"]
    assert np.allclose(network.run(X, changed), expected - old + changed["out.bias"], atol=1e-4)
    assert np.array_equal(network.run(X), expected)


def test_a_module_in_memory_is_copied_put_into_evaluation_mode_and_left_alone(net, tmp_path):
    net.train()
    network = load_module(net, X)
    assert net.training
    net.eval()
    assert np.array_equal(network.run(X), net(torch.from_numpy(X)).detach().numpy())
    network.check(X)
    changed = {"out.weight": np.zeros((5, 4), np.float32)}
    network.write(tmp_path / "out.pt", changed)
    assert torch.load(tmp_path / "out.pt", weights_only=True)["out.weight"].abs().sum() == 0
    assert net.out.weight.abs().sum() > 0
    assert len(network.digest()) == 64


def test_half_precision_stays_as_it_is_stored(folder, net, tmp_path):
    path = folder / "half.pt"
    torch.save({key: value.half() if value.ndim else value for key, value in net.state_dict().items()}, path)
    network = load(path, f"{folder / 'model.py'}:build", X)
    assert network.graph.constants["out.weight"].dtype == np.float16
    network.check(X)
    third = np.full(5, 1 / 3)
    network.write(tmp_path / "out.pt", {"out.bias": third})
    assert torch.load(tmp_path / "out.pt", weights_only=True)["out.bias"].tolist() == [float(np.float16(1 / 3))] * 5
    old = network.graph.constants["out.bias"].astype(np.float64)
    assert np.allclose(network.run(X, {"out.bias": third}) - network.run(X), np.float16(1 / 3) - old, atol=1e-6)


def test_a_weight_that_two_layers_share_is_marked_and_written_once(folder, tmp_path):
    x = X.reshape(-1, 4)[:3]
    names = {}
    exec(SOURCE, names)
    torch.save(names["Tied"]().state_dict(), tmp_path / "tied.pt")
    network = load(tmp_path / "tied.pt", f"{folder / 'model.py'}:Tied", x)
    first, second = linear_layers(network.graph)
    assert first.weight == second.weight
    assert first.shared_with == (second.node,)
    network.write(tmp_path / "out.pt", {first.weight: np.eye(4, dtype=np.float32)})
    state = torch.load(tmp_path / "out.pt", weights_only=True)
    assert torch.equal(state["first.weight"], torch.eye(4))
    assert torch.equal(state["second.weight"], torch.eye(4))


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("new", [True, False])
def test_code_in_a_file_of_weights_is_never_run(folder, tmp_path, new):
    path, ran = tmp_path / "evil.pt", tmp_path / "ran"
    torch.save({"out.weight": Evil(ran)}, path, _use_new_zipfile_serialization=new)
    with pytest.raises(BrokenFile, match=r"open(.|\n)*state_dict"):
        load(path, f"{folder / 'model.py'}:build", X)
    assert not ran.exists()


def test_a_whole_pickled_module_is_refused_with_what_to_do(folder, tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "module.pt")
    with pytest.raises(BrokenFile, match=r"Linear(.|\n)*state_dict"):
        load(tmp_path / "module.pt", f"{folder / 'model.py'}:build", X)


@pytest.mark.parametrize("form", [".pt", ".th", ".safetensors", ".pt2"])
@pytest.mark.parametrize("share", [0, 0.001, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_refused(folder, net, form, share, tmp_path):
    path, architecture = saved(folder, net, form)
    data = path.read_bytes()
    (tmp_path / path.name).write_bytes(data[: int(share * len(data))])
    with pytest.raises(NetmendError):
        load(tmp_path / path.name, architecture, X)


@pytest.mark.parametrize("form", [".pt", ".th", ".safetensors", ".pt2"])
def test_a_file_of_noise_is_refused(folder, form, tmp_path):
    (tmp_path / f"noise{form}").write_bytes(np.random.default_rng(0).bytes(3000))
    with pytest.raises(NetmendError):
        load(tmp_path / f"noise{form}", None if form == ".pt2" else f"{folder / 'model.py'}:build", X)


def test_a_small_file_cannot_ask_for_much_memory(folder, net, tmp_path):
    architecture = f"{folder / 'model.py'}:build"
    packed = tmp_path / "bomb.pt"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net/data.pkl", pickle.dumps({}))
        archive.writestr("net/data/0", b"\0" * 10**6)
    with pytest.raises(BrokenFile, match="packed"):
        load(packed, architecture, X)
    repeated = torch.zeros(1).expand(10**9)
    torch.save({"conv.weight": repeated}, tmp_path / "repeated.pt")
    with pytest.raises(BrokenFile, match="too short"):
        load(tmp_path / "repeated.pt", architecture, X)
    header = b'{"w": {"dtype": "F32", "shape": [1000000000], "data_offsets": [0, 4000000000]}}'
    (tmp_path / "huge.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(BrokenFile, match="too short"):
        load(tmp_path / "huge.safetensors", architecture, X)


def test_an_exported_program_that_would_run_something_is_refused(folder, net, tmp_path):
    path, _ = saved(folder, net, ".pt2")
    replacements = {
        b"torch.ops.aten.relu.default": b"torch.os.system",
        b"Symbol('": b"__import__('",
    }
    for old, new in replacements.items():
        evil = tmp_path / "evil.pt2"
        with zipfile.ZipFile(path) as source, zipfile.ZipFile(evil, "w") as target:
            done = 0
            for name in source.namelist():
                data = source.read(name)
                done += data.count(old)
                target.writestr(name, data.replace(old, new))
        assert done
        with pytest.raises(BrokenFile, match="nothing in it was run"):
            load(evil)
    guarded = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(guarded, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b'"guards_code": []', b'"guards_code": ["print(1)"]'))
    (tmp_path / "guarded.pt2").write_bytes(guarded.getvalue())
    with pytest.raises(BrokenFile, match=r"print\(1\)"):
        load(tmp_path / "guarded.pt2")


def test_weights_of_another_network_are_refused_with_what_differs(folder, net, tmp_path):
    state = net.state_dict()
    state["out.weight"] = torch.zeros(7, 4)
    torch.save(state, tmp_path / "other.pt")
    with pytest.raises(UsageError, match=r"1 of another shape \(out\.weight\)"):
        load(tmp_path / "other.pt", f"{folder / 'model.py'}:build", X)
    torch.save({"model": net.state_dict(), "average": net.state_dict()}, tmp_path / "two.pt")
    with pytest.raises(UsageError, match="'model', 'average'"):
        load(tmp_path / "two.pt", f"{folder / 'model.py'}:build", X)


@pytest.mark.parametrize(
    ("architecture", "error", "says"),
    [
        (None, UsageError, "what builds it"),
        ("nothing.py:build", UsageError, r"model\.py:callable"),
        ("{}:nothing", UsageError, "no callable"),
        ("{}:fails", SubjectError, "RuntimeError: no"),
    ],
)
def test_an_architecture_that_cannot_be_had_is_said(folder, net, architecture, error, says):
    path, _ = saved(folder, net, ".pt")
    with pytest.raises(error, match=says):
        load(path, architecture and architecture.format(folder / "model.py"), X)


def test_the_shape_of_the_inputs_must_be_shown(folder, net):
    path, architecture = saved(folder, net, ".pt")
    with pytest.raises(UsageError, match="few inputs"):
        load(path, architecture)


def test_torchscript_is_refused_by_name(folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "script.pt", "w") as archive:
        archive.writestr("net/data.pkl", b"")
        archive.writestr("net/code/net.py", b"")
    with pytest.raises(UnsupportedModel, match="TorchScript"):
        load(tmp_path / "script.pt", f"{folder / 'model.py'}:build", X)


@pytest.mark.parametrize("name", ["20-12fca82f", pytest.param("56-4bfd9763", marks=pytest.mark.slow)])
def test_real_residual_networks_classify_as_published(real, tmp_path, name):
    images = np.load(real("../cifar10/cifar10_test_0_99.npz"))
    x = images["x"].transpose(0, 3, 1, 2) / 255
    x = (x - np.reshape([0.485, 0.456, 0.406], (3, 1, 1))) / np.reshape([0.229, 0.224, 0.225], (3, 1, 1))
    x = x.astype(np.float32)
    blocks = {"20": 3, "56": 9}[name[:2]]
    source = tmp_path / "resnet.py"
    source.write_text(RESNET.format(blocks=blocks))
    network = load(real(f"cifar10_resnet{name}.th"), f"{source}:build", x[:2])
    assert len(linear_layers(network.graph)) == int(name[:2])
    network.check(x[:4])
    share = {"20": 0.94, "56": 0.96}[name[:2]]
    assert np.mean(network.run(x).argmax(1) == images["y"]) == pytest.approx(share, abs=0.011)


RESNET = """
import torch
from torch import nn
from torch.nn import functional


class Shortcut(nn.Module):
    def forward(self, x):
        more = x.shape[1] // 2
        return functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, more, more))


class Block(nn.Module):
    def __init__(self, ins, outs, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(ins, outs, 3, stride, 1, bias=False), nn.BatchNorm2d(outs)
        self.conv2, self.bn2 = nn.Conv2d(outs, outs, 3, 1, 1, bias=False), nn.BatchNorm2d(outs)
        self.shortcut = nn.Identity() if ins == outs else Shortcut()

    def forward(self, x):
        inner = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(inner)) + self.shortcut(x))


def stage(ins, outs, stride):
    return nn.Sequential(Block(ins, outs, stride), *(Block(outs, outs, 1) for _ in range({blocks} - 1)))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        self.layer1, self.layer2, self.layer3 = stage(16, 16, 1), stage(16, 32, 2), stage(32, 64, 2)
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(torch.relu(self.bn1(self.conv1(x))))))
        return self.linear(functional.avg_pool2d(x, x.shape[3]).flatten(1))


def build():
    return ResNet()
"""


class Encoder(torch.nn.Module):
    """A text classifier as BERT is built: embeddings, masked attention with a residual and a normalisation, pooling."""

    def __init__(self, words=50, width=16, heads=4):
        super().__init__()
        nn = torch.nn
        self.heads = heads
        self.word, self.place = nn.Embedding(words, width), nn.Embedding(12, width)
        self.query, self.key, self.value, self.mixed = (nn.Linear(width, width) for _ in range(4))
        self.norm, self.last = nn.LayerNorm(width, eps=1e-12), nn.LayerNorm(width, eps=1e-12)
        self.wide, self.narrow = nn.Linear(width, 32), nn.Linear(32, width)
        self.out = nn.Linear(width, 2)
        self.register_buffer("places", torch.arange(12)[None], persistent=False)

    def forward(self, input_ids, attention_mask):
        rows, length = input_ids.shape
        x = self.word(input_ids) + self.place(self.places[:, :length])
        mask = (1.0 - attention_mask[:, None, None, :].to(x.dtype)) * torch.finfo(x.dtype).min
        query, key, value = (
            part(x).view(rows, length, self.heads, -1).transpose(1, 2) for part in (self.query, self.key, self.value)
        )
        mixed = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        x = self.norm(x + self.mixed(mixed.transpose(1, 2).reshape(rows, length, -1)))
        x = self.last(x + self.narrow(torch.nn.functional.gelu(self.wide(x))))
        weight = attention_mask.unsqueeze(-1).to(x.dtype)
        return self.out((x * weight).sum(1) / weight.sum(1).clamp(min=1e-9))


def test_a_text_encoder_with_a_mask_takes_two_inputs_by_name_and_is_bounded():
    torch.manual_seed(0)
    mask = np.ones((3, 7), np.int64)
    mask[1, 4:] = 0
    inputs = {"input_ids": np.random.default_rng(0).integers(0, 50, (3, 7)), "attention_mask": mask}
    network = load_module(Encoder(), inputs)
    network.check(inputs)
    assert [(layer.name, layer.kind) for layer in linear_layers(network.graph)] == [
        ("query", "attention"),
        ("key", "attention"),
        ("value", "attention"),
        ("mixed", "attention"),
        ("wide", "linear"),
        ("narrow", "linear"),
        ("out", "linear"),
    ]
    longer = {name: np.concatenate([value, value[:1]]) for name, value in inputs.items()}
    assert network.run(longer).shape == (4, 2)
    other = {**inputs, "input_ids": np.where(mask == 0, 1, inputs["input_ids"])}
    assert np.allclose(network.run(other), network.run(inputs), atol=1e-6)  # what is masked does not matter
    for precision, limit in (("float64", 1e-7), ("float32", 10)):
        enclosure = bounds(network.graph, inputs, precision=precision)[network.graph.outputs[0].name]
        assert (np.abs(network.run(inputs) - enclosure.value.numpy()) <= enclosure.error.numpy()).all() or limit < 1
        assert enclosure.error.max() < limit
    with pytest.raises(UsageError, match="name every input"):
        network.run(inputs["input_ids"])


def test_an_image_network_that_mixes_patches_is_read_as_it_is():
    """The reshaping of MobileViT: an image to patches, attention among them, and back."""

    class Mixing(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.project, self.mix, self.back = torch.nn.Conv2d(3, 8, 1), torch.nn.Linear(8, 24), torch.nn.Linear(8, 8)
            self.fuse = torch.nn.Conv2d(11, 4, 3, padding=1)

        def forward(self, image):
            x = torch.nn.functional.silu(self.project(image))
            rows, channels, height, width = x.shape
            high, wide = height // 2, width // 2
            x = x.reshape(rows * channels * high, 2, wide, 2).transpose(1, 2)
            x = x.reshape(rows, channels, high * wide, 4).transpose(1, 3).reshape(rows * 4, high * wide, channels)
            query, key, value = self.mix(x).reshape(rows * 4, high * wide, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
            x = torch.softmax(query @ key.transpose(-2, -1) * 0.5, -1) @ value
            x = self.back(x.transpose(1, 2).reshape(rows * 4, high * wide, channels))
            x = x.view(rows, 4, high * wide, channels).transpose(1, 3).reshape(rows * channels * high, wide, 2, 2)
            x = x.transpose(1, 2).reshape(rows, channels, height, width)
            return self.fuse(torch.cat((image, x), 1)).mean((2, 3))

    torch.manual_seed(0)
    network = load_module(Mixing(), X)
    network.check(X)
    assert network.run(X).shape == (3, 4)
    kinds = [(layer.name, layer.kind) for layer in linear_layers(network.graph)]
    assert kinds == [("project", "conv"), ("mix", "attention"), ("back", "attention"), ("fuse", "conv")]


def test_an_exported_program_with_several_inputs_by_position_runs_and_shows_all_outputs(tmp_path):
    class Weighed(torch.nn.Module):
        def forward(self, x, weight):
            return (x * weight).sum(1), x - weight

    one, other = torch.randn(3, 4), torch.rand(3, 4)
    rows = torch.export.Dim("rows")
    program = torch.export.export(Weighed(), (one, other), dynamic_shapes=({0: rows}, {0: rows}))
    torch.export.save(program, tmp_path / "two.pt2")
    network = load(tmp_path / "two.pt2")
    feeds = dict(zip((each.name for each in network.graph.inputs), (one.numpy(), other.numpy()), strict=True))
    network.check(feeds)
    total, difference = network.outputs(feeds).values()
    np.testing.assert_allclose(total, (one * other).sum(1))
    np.testing.assert_allclose(difference, one - other)
