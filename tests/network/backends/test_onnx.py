"""ONNX files are read, run and written back; what is no whole ONNX file is refused in one sentence."""

import hashlib

import numpy as np
import pytest

from netmend.core.errors import BrokenFile, UnsupportedModel, UsageError
from netmend.network.evaluate import run
from netmend.network.load import load

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

X = np.random.default_rng(3).normal(size=(7, 4)).astype(np.float32)


def test_a_file_is_read_as_it_is(mlp_file):
    path = mlp_file()
    network = load(path)
    assert [node.op for node in network.graph.nodes] == ["Gemm", "Relu", "Gemm"]
    assert network.graph.inputs[0].shape == (None, 4)
    assert network.graph.constants["fc0.weight"].dtype == np.float32
    assert set(network.parameters) == {"fc0.weight", "fc0.bias", "fc1.weight", "fc1.bias"}
    assert network.digest() == hashlib.sha256(path.read_bytes()).hexdigest()
    assert "onnxruntime" in network.runtime
    assert "float32" in network.runtime


def test_its_own_runtime_and_the_graph_agree(mlp_file):
    network = load(mlp_file())
    assert np.allclose(network.run(X), run(network.graph, {"x": X})["z1"], atol=1e-6)


def test_changed_parameters_are_run_as_they_would_be_written(mlp_file, tmp_path):
    network = load(mlp_file())
    changed = {"fc1.bias": np.array([5, 6, 7], np.float32)}
    expected = network.run(X) - network.graph.constants["fc1.bias"] + [5, 6, 7]
    assert np.allclose(network.run(X, changed), expected, atol=1e-5)
    network.write(tmp_path / "out.onnx", changed)
    assert np.array_equal(load(tmp_path / "out.onnx").run(X), network.run(X, changed))
    assert np.allclose(network.run(X), expected - [5, 6, 7] + network.graph.constants["fc1.bias"], atol=1e-5)


@pytest.mark.parametrize("length", [0, 1, 10, 200, -1])
def test_a_truncated_file_is_refused(mlp_file, length):
    path = mlp_file()
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(BrokenFile):
        load(path)


def test_bytes_that_are_something_else_are_refused(tmp_path):
    path = tmp_path / "net.onnx"
    path.write_bytes(np.random.default_rng(0).bytes(5000))
    with pytest.raises(BrokenFile):
        load(path)


def test_an_unknown_operator_is_named_with_its_node(onnx_file):
    path = onnx_file(
        [("Foo", ["x"], ["y"], {"domain": "my.own", "name": "strange"})], {"x": [None, 1]}, {"y": [None, 1]}
    )
    with pytest.raises(UnsupportedModel, match=r"my\.own:Foo(.|\n)*strange(.|\n)*standard operators"):
        load(path)


def test_old_operators_are_refused_with_what_to_do(mlp_file):
    with pytest.raises(UnsupportedModel, match=r"version 6(.|\n)*convert_version"):
        load(mlp_file(opset=6))


def test_weights_that_are_no_numbers_are_refused(onnx_file):
    weight = np.array([[1, np.nan], [np.inf, 1]], np.float32)
    path = onnx_file([("MatMul", ["x", "w"], ["y"])], {"x": [None, 2]}, {"y": [None, 2]}, {"w": weight})
    with pytest.raises(BrokenFile, match="2 numbers of w"):
        load(path)


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        (X[:, :3], "shape"),
        (X[0], "shape"),
        (np.full((2, 4), np.nan), "not finite"),
        (X[:0], "no inputs"),
        ({"other": X}, "takes x"),
        (np.array([["a"] * 4]), "holds"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(mlp_file, inputs, says):
    with pytest.raises(UsageError, match=says):
        load(mlp_file()).run(inputs)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"nothing": np.zeros(3)}, "not a parameter"),
        ({"fc1.bias": np.zeros(4)}, "shape"),
        ({"fc1.bias": np.full(3, 1e300)}, "not finite in float32"),
    ],
)
def test_changes_that_do_not_fit_are_refused(mlp_file, changed, says):
    with pytest.raises(UsageError, match=says):
        load(mlp_file()).run(X, changed)


def test_the_users_own_file_is_never_written(mlp_file):
    path = mlp_file()
    with pytest.raises(UsageError, match="another file"):
        load(path).write(path, {})


@pytest.mark.parametrize("name", ["mnist_relu_9_200.onnx", "acasxu/ACASXU_run2a_2_9_batch_2000.onnx"])
def test_networks_for_one_input_take_many(real, name):
    network = load(real(name))
    x = np.random.default_rng(0).random((3, *network.graph.inputs[0].shape[1:]), np.float32)
    together = run(network.graph, {network.graph.inputs[0].name: x})[network.graph.outputs[0].name]
    assert np.allclose(network.run(x), together, atol=1e-4)


def rewritten(path, change):
    """The file after a change of its parsed form."""
    model = onnx.load(path, load_external_data=False)
    change(model)
    path.write_bytes(model.SerializeToString())
    return path


def as_packed_floats(model):
    for each in model.graph.initializer:
        value = onnx.numpy_helper.to_array(each)
        each.ClearField("raw_data")
        each.float_data.extend(value.ravel().tolist())


def as_constant_nodes(model):
    stored = list(model.graph.initializer)
    del model.graph.initializer[:]
    for each in reversed(stored):
        model.graph.node.insert(0, onnx.helper.make_node("Constant", [], [each.name], value=each))


@pytest.mark.parametrize("change", [lambda model: None, as_packed_floats, as_constant_nodes])
def test_writing_back_changes_the_bytes_of_the_changed_numbers_and_no_others(mlp_file, tmp_path, change):
    path = rewritten(mlp_file(), change)
    network = load(path)
    old = network.graph.constants["fc1.weight"]
    new = old.copy()
    new[1, 2], new[2, 5] = 0.123, -7
    network.write(tmp_path / "out.onnx", {"fc1.weight": new})
    before, after = (np.frombuffer(each.read_bytes(), np.uint8) for each in (path, tmp_path / "out.onnx"))
    assert len(before) == len(after)
    places = np.flatnonzero(before != after)
    first = path.read_bytes().index(old.tobytes())
    assert set(places) <= {first + 4 * number + byte for number in (8, 17) for byte in range(4)}
    assert np.array_equal(load(tmp_path / "out.onnx").graph.constants["fc1.weight"], new)


def test_floats_stored_one_by_one_are_found(mlp_file, tmp_path):
    path = rewritten(mlp_file(), as_packed_floats)
    data, network = path.read_bytes(), load(path)
    numbers = network.graph.constants["fc1.bias"].tobytes()
    packed = b"\x22\x0c" + numbers  # field 4 as one piece of twelve bytes
    assert data.count(packed) == 1
    loose = b"".join(b"\x25" + numbers[start : start + 4] for start in (0, 4, 8))  # field 4, a number at a time
    # Two bytes fewer for tag and length, three more for tags: the lengths of tensor and graph grow by one.
    model = data.replace(packed, loose)
    tensor = len(network.graph.constants["fc1.bias"].tobytes())
    inner = b"\x2a" + bytes([data[data.index(packed) - len(b"\x08\x03\x10\x01") - 1]])
    start = data.index(packed) - len(b"\x08\x03\x10\x01") - 1
    grown = bytearray(model)
    assert inner[0] == data[start - 1] and tensor == 12
    grown[start] += 1
    graph = data.index(b"\x3a")
    length, at, shift = 0, graph + 1, 0
    while True:
        length |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            break
    rest, digits = length + 1, []
    for _ in range(at - graph - 1):
        digits.append(rest & 127 | 128)
        rest >>= 7
    digits[-1] &= 127
    grown[graph + 1 : at] = bytes(digits)
    path.write_bytes(bytes(grown))
    again = load(path)
    assert np.array_equal(again.graph.constants["fc1.bias"], network.graph.constants["fc1.bias"])
    again.write(tmp_path / "out.onnx", {"fc1.bias": np.array([1, 2, 3], np.float32)})
    assert load(tmp_path / "out.onnx").graph.constants["fc1.bias"].tolist() == [1, 2, 3]
    changed = np.frombuffer(bytes(grown), np.uint8) != np.frombuffer((tmp_path / "out.onnx").read_bytes(), np.uint8)
    assert np.count_nonzero(changed) <= 12


def with_data_beside(path):
    model = onnx.load(path)
    path.unlink()
    onnx.save_model(model, path, save_as_external_data=True, location="net.data", size_threshold=0)
    return path


def test_weights_in_a_file_beside_the_network_are_written_there(mlp_file, tmp_path):
    path = with_data_beside(mlp_file())
    network = load(path)
    assert np.allclose(network.run(X), run(network.graph, {"x": X})["z1"], atol=1e-6)
    (tmp_path / "out").mkdir()
    new = {"fc1.bias": np.array([1, 2, 3], np.float32)}
    network.write(tmp_path / "out" / "net.onnx", new)
    assert (tmp_path / "out" / "net.onnx").read_bytes() == path.read_bytes()
    again = load(tmp_path / "out" / "net.onnx")
    assert np.array_equal(again.run(X), network.run(X, new))
    changed = [
        one != other
        for one, other in zip(
            (tmp_path / "net.data").read_bytes(), (tmp_path / "out" / "net.data").read_bytes(), strict=True
        )
    ]
    assert 0 < sum(changed) <= 12
    assert again.digest() != network.digest()
    with pytest.raises(UsageError, match="another file"):
        network.write(tmp_path / "renamed.onnx", new)


@pytest.mark.parametrize("location", ["../net.data", "/etc/hostname", "", "missing.data"])
def test_data_that_is_not_beside_the_network_is_not_read(mlp_file, location):
    path = with_data_beside(mlp_file())

    def move(model):
        for each in model.graph.initializer:
            next(entry for entry in each.external_data if entry.key == "location").value = location

    with pytest.raises(BrokenFile):
        load(rewritten(path, move))


@pytest.mark.parametrize(("key", "value"), [("offset", "100000"), ("offset", "-4"), ("length", "5"), ("offset", "x")])
def test_data_beside_the_network_that_does_not_fit_is_refused(mlp_file, key, value):
    path = with_data_beside(mlp_file())

    def spoil(model):
        for each in model.graph.initializer:
            for entry in each.external_data:
                if entry.key == key:
                    entry.value = value

    if key == "length":
        assert load(rewritten(path, spoil)).parameters  # shape and type say how long it is
    else:
        with pytest.raises(BrokenFile):
            load(rewritten(path, spoil))


@pytest.mark.parametrize("dims", [[10**9, 10**9], [-3], [4]])
def test_shapes_that_the_numbers_do_not_have_are_refused(mlp_file, dims):
    def spoil(model):
        model.graph.initializer[1].dims[:] = dims

    with pytest.raises(BrokenFile, match=r"fc0\.bias"):
        load(rewritten(mlp_file(), spoil))


def test_half_precision_is_kept_and_changes_are_rounded_to_it(onnx_file, tmp_path):
    weight = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float16)
    nodes = [("Cast", ["w"], ["wide"], {"to": 1}), ("MatMul", ["x", "wide"], ["y"])]
    network = load(onnx_file(nodes, {"x": [None, 4]}, {"y": [None, 3]}, {"w": weight}))
    network.check(X)
    third = np.full((4, 3), 1 / 3)
    network.write(tmp_path / "out.onnx", {"w": third})
    assert (load(tmp_path / "out.onnx").graph.constants["w"] == np.float16(1 / 3)).all()


def test_a_network_inside_a_network_is_refused_by_name(onnx_file):
    helper = onnx.helper
    one = helper.make_tensor_value_info("b", 1, [1])
    branch = helper.make_graph([helper.make_node("Constant", [], ["b"], value_float=1.0)], "branch", [], [one])
    nodes = [("Scan", ["c"], ["y"], {"body": branch, "num_scan_inputs": 1, "name": "fork"})]
    path = onnx_file(nodes, {"c": [1]}, {"y": [1]}, types={"c": np.bool_})
    with pytest.raises(UnsupportedModel, match=r"Scan(.|\n)*fork"):
        load(path)


@pytest.mark.parametrize(
    ("op", "inputs", "constants"),
    [
        ("ConstantOfShape", ["s"], {"s": np.array([10**6, 10**6])}),
        ("Tile", ["x", "s"], {"s": np.array([10**6, 10**6])}),
        ("Pad", ["x", "s"], {"s": np.array([0, 0, 10**6, 10**6])}),
        ("Range", ["a", "b", "c"], {"a": np.int64(0), "b": np.int64(10**12), "c": np.int64(1)}),
    ],
)
def test_a_few_bytes_cannot_ask_for_much_memory(onnx_file, op, inputs, constants):
    path = onnx_file([(op, inputs, ["y"])], {"x": [None, 4]}, {"y": None}, constants)
    with pytest.raises(UnsupportedModel, match=rf"{op} with \d{{13,}} entries"):
        run(load(path).graph, {"x": X})


def test_inner_tensors_of_many_rows_come_from_a_network_that_takes_one(onnx_file):
    """Also where the rows are not in the first axis, or nowhere."""
    nodes = [
        ("Transpose", ["x"], ["t"], {"perm": [2, 0, 1]}),
        ("Relu", ["t"], ["r"]),
        ("Neg", ["c"], ["n"]),
        ("Transpose", ["r"], ["b"], {"perm": [1, 2, 0]}),
        ("Add", ["b", "n"], ["y"]),
    ]
    constants = {"c": np.arange(3, dtype=np.float32)}
    network = load(onnx_file(nodes, {"x": [1, 2, 3]}, {"y": [1, 2, 3]}, constants))
    x = np.random.default_rng(0).normal(size=(4, 2, 3)).astype(np.float32)
    inner = network.inner(x)
    assert np.array_equal(inner["t"], x.transpose(2, 0, 1))
    assert np.array_equal(inner["n"], -constants["c"])
    assert np.array_equal(inner["y"], network.run(x)) and inner["y"].shape == (4, 2, 3)
