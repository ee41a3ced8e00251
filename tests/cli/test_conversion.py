"""`repair` and `diagnose` for two networks, as a shell sees them."""

import io
import json
import os
import sys
import zipfile

import numpy as np
import pytest
from typer.testing import CliRunner

from netmend.cli.main import app
from netmend.core.errors import NetmendError, UsageError
from tests.repairs.conversion.networks import NODES, changed, graph_of, rows, write
from tests.repairs.conversion.test_pictures import save

pytestmark = pytest.mark.torch


@pytest.fixture
def files(tmp_path):
    write(tmp_path / "source.onnx", graph_of())
    write(tmp_path / "right.onnx", graph_of(prefix="t_"))
    write(tmp_path / "wrong.onnx", graph_of(changed(NODES, 2, count_include_pad=0), prefix="t_"))
    np.savez(tmp_path / "x.npz", x=rows(12))
    return tmp_path


def asked(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_healthy_conversion_is_said_to_be_one(files):
    told = asked(
        "diagnose", files / "source.onnx", files / "right.onnx", "--inputs", files / "x.npz", "--out", files / "o"
    )
    assert told.exit_code == 0 and told.stdout.startswith("Healthy conversion\n6 of 6 inputs agree")


def test_a_fault_is_named_with_its_node_and_mended(files):
    given = (files / "source.onnx", files / "wrong.onnx", "--inputs", files / "x.npz", "--out", files / "o")
    told = asked("diagnose", *given)
    assert told.stdout.startswith("Faulty conversion\n") and "count-include-pad: " in told.stdout
    told = asked("repair", *given, "--json")
    page = json.loads(told.stdout)
    assert told.exit_code == 0 and page["kind"] == "conversion" and page["conclusion"]["result"] == "repaired"
    assert (files / "o" / "repaired.onnx").is_file() and (files / "o" / "report.html").is_file()


def test_a_right_target_is_nothing_to_repair(files):
    told = asked("repair", files / "source.onnx", files / "right.onnx", "--labels-of", "top-1", "--out", files / "o")
    assert told.exit_code == 0 and "Nothing to repair" in told.stdout
    assert not (files / "o" / "repaired.onnx").exists()


def test_pictures_are_fed_from_a_folder(tmp_path):
    write(tmp_path / "source.onnx", graph_of())
    write(tmp_path / "target.onnx", graph_of(changed(NODES, 10, axis=0), prefix="t_"))
    for name in "abcd":
        save(tmp_path / "images" / f"{name}.png", (30, 20))
    given = (tmp_path / "source.onnx", tmp_path / "target.onnx", "--inputs", tmp_path / "images", "--mean", "0.5")
    told = asked("repair", *given, "--out", tmp_path / "o", "--json")
    assert json.loads(told.stdout)["findings"][0]["finding"]["name"] == "softmax-axis" and told.exit_code == 0


def test_a_task_of_the_user_s_own_is_what_must_hold(files):
    (files / "metric.py").write_text("def score(outputs, rows):\n    return float(outputs['y'].max())\n")
    given = (files / "source.onnx", files / "right.onnx", "--task", f"{files}/metric.py:score", "--tolerance", "0.1")
    assert "Nothing to repair" in asked("repair", *given, "--out", files / "o").stdout


def test_another_third_file_is_refused(files):
    with pytest.raises(UsageError, match="is not understood beside"):
        CliRunner().invoke(
            app,
            ["diagnose", str(files / "source.onnx"), str(files / "right.onnx"), str(files / "x.npz")],
            catch_exceptions=False,
        )


def network(path, nodes, stored=(), shape=(None, 3, 9, 11), outputs=("y",)):
    """An ONNX file that no exporter would write."""
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    body = helper.make_graph(
        [helper.make_node(op, reads, makes, **attributes) for op, reads, makes, attributes in nodes],
        "net",
        [helper.make_tensor_value_info("x", 1, shape)],
        [helper.make_tensor_value_info(name, 1, None) for name in outputs],
        list(stored),
    )
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    path.write_bytes(model.SerializeToString())


def stored(name, value=None, location=None, dims=()):
    onnx = pytest.importorskip("onnx")
    if value is not None:
        return onnx.numpy_helper.from_array(np.asarray(value), name)
    tensor = onnx.TensorProto(name=name, dims=dims, data_type=1)
    if location is None:
        tensor.raw_data = bytes(16)
        return tensor
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, text in (("location", location), ("offset", "0"), ("length", "220")):
        tensor.external_data.add(key=key, value=text)
    return tensor


def bomb(path, name, size=50_000_000):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}")
        archive.writestr(name, bytes(size))


def archived(path, shape):
    """An npz file that says it holds more than it does."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f4", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", head.getvalue() + bytes(1000))


def beside(path, location):
    """A network whose numbers are said to be in another file."""
    network(path, [PRODUCT], [stored("w", location=location, dims=(11, 5))])


FLAT = ("Flatten", ["x"], ["y"], {})
PRODUCT = ("MatMul", ["x", "w"], ["y"], {})
CIRCLE = [("Add", ["x", "b"], ["a"], {}), ("Relu", ["a"], ["b"], {}), ("Flatten", ["b"], ["y"], {})]

# What the target is, how it is made, and what is said of it.
BAD_TARGETS = {
    "text": (lambda path: path.write_text("no network at all\n" * 9), "not part of an ONNX file"),
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "cut short": (lambda path: path.write_bytes(path.with_name("right.onnx").read_bytes()[:300]), "ends in the middle"),
    "missing": (lambda path: None, "is not a file"),
    "a folder": (lambda path: path.mkdir(), "is not a file"),
    "text.tflite": (lambda path: path.write_text("no network" * 9), "is not a TFLite file"),
    "text.keras": (lambda path: path.write_text("no network" * 9), "is not a whole archive"),
    "text.h5": (lambda path: path.write_text("no network" * 9), "is not a whole HDF5 file"),
    "text.pt2": (lambda path: path.write_text("no network" * 9), "is not a whole archive"),
    "text.pt": (lambda path: path.write_text("no network" * 9), "is not a file of weights"),
    "text.safetensors": (lambda path: path.write_text("no network" * 9), "is not a whole safetensors file"),
    "bomb.keras": (lambda path: bomb(path, "model.weights.h5"), "packed or encrypted"),
    "bomb.pt2": (lambda path: bomb(path, "a/data/weights/w"), "packed or encrypted"),
    "a circle": (lambda path: network(path, CIRCLE), "nothing computes"),
    "two outputs": (lambda path: network(path, [FLAT, ("Relu", ["y"], ["z"], {})], outputs=("y", "z")), "target 2"),
    "another shape": (lambda path: network(path, [FLAT], shape=(None, 7)), "no order of axes"),
    "a huge constant": (lambda path: network(path, [PRODUCT], [stored("w", dims=(10**5, 10**5, 10**3))]), "is damaged"),
    "numbers that are gone": (lambda path: beside(path, "gone.bin"), "cannot be read"),
    "numbers above its folder": (lambda path: beside(path, "../../secret"), "not a file beside"),
    "numbers at the root": (lambda path: beside(path, "/etc/passwd"), "not a file beside"),
    "numbers behind a link": (
        lambda path: (path.with_name("link.bin").symlink_to("/etc/passwd"), beside(path, "link.bin")),
        "not a file beside",
    ),
}  # fmt: skip


def everything(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("case", BAD_TARGETS)
@pytest.mark.parametrize("command", ["diagnose", "repair"])
def test_a_bad_target_is_a_clear_error_and_nothing_is_written(files, case, command):
    make, says = BAD_TARGETS[case]
    target = files / (case if "." in case else "bad.onnx")
    make(target)
    before = everything(files)
    told = asked(command, files / "source.onnx", target, "--inputs", files / "x.npz", "--out", files / "o")
    assert isinstance(told.exception, NetmendError) and told.exception.status == 2
    assert says in str(told.exception)
    assert target.name in str(told.exception) or "the target" in str(told.exception)
    assert everything(files) == before and not (files / "o").exists()


X = rows(6)
BAD_INPUTS = {
    "wrong shape": (lambda path: np.savez(path, x=X[:, :, :5]), "has shape"),
    "text in it": (lambda path: np.savez(path, x=X.astype("U4")), "holds <U4"),
    "complex": (lambda path: np.savez(path, x=X.astype(complex)), "holds complex128"),
    "not finite": (lambda path: np.savez(path, x=np.full_like(X, np.nan)), "not finite"),
    "no rows": (lambda path: np.savez(path, x=X[:0]), "have no rows"),
    "one row": (lambda path: np.savez(path, x=X[:1]), "fewer than 2"),
    "different rows": (lambda path: np.savez(path, x=X, **{"target.x": X[:3]}), "same number of rows"),
    "another name": (lambda path: np.savez(path, z=X), "the source takes x"),
    "objects": (lambda path: np.savez(path, x=np.array([{}], dtype=object)), "not a whole npz"),
    "text": (lambda path: path.write_text("hello"), "not a whole npz or npy file of numbers\n"),
    "more than it holds": (lambda path: archived(path, (10**9, 3, 9, 11)), "not a whole npz"),
    "missing": (lambda path: None, "no such file"),
    "an empty folder": (lambda path: path.mkdir(), "has no pictures"),
    "no pictures": (lambda path: (path.mkdir(), (path / "a.png").write_bytes(b"\x89PNG\r\n")), "cannot be read"),
}


@pytest.mark.parametrize("case", BAD_INPUTS)
def test_bad_inputs_are_a_clear_error(files, case):
    make, says = BAD_INPUTS[case]
    make(files / "bad.npz")
    told = asked(
        "diagnose", files / "source.onnx", files / "right.onnx", "--inputs", files / "bad.npz", "--out", files / "o"
    )
    assert isinstance(told.exception, NetmendError) and told.exception.status == 2
    assert says in str(told.exception) and not (files / "o").exists()


def test_numbers_that_the_source_does_not_have_compare_with_nothing(files):
    for name in ("one.onnx", "two.onnx"):
        network(files / name, [("Log", ["x"], ["l"], {}), ("Flatten", ["l"], ["y"], {})])
    told = asked("diagnose", files / "one.onnx", files / "two.onnx", "--inputs", files / "x.npz", "--out", files / "o")
    assert "answers NaN or infinity" in str(told.exception) and told.exception.status == 2


def test_a_network_that_asks_for_far_too_much_does_not_run(files):
    for name in ("one.onnx", "two.onnx"):
        large = stored("s", np.array([1, 300_000, 90_000, 11]))
        network(
            files / name, [("Expand", ["x", "s"], ["c"], {}), ("Flatten", ["c"], ["y"], {})], [large], (None, 1, 1, 1)
        )
    told = asked("diagnose", files / "one.onnx", files / "two.onnx", "--out", files / "o")
    assert "the source does not run" in str(told.exception) and told.exception.status == 2


def test_the_same_file_twice_and_a_file_in_the_place_of_the_folder_are_refused(files):
    told = asked("repair", files / "source.onnx", files / "source.onnx", "--out", files / "o")
    assert "the same file" in str(told.exception) and told.exception.status == 2
    told = asked("repair", files / "source.onnx", files / "wrong.onnx", "--out", files / "x.npz")
    assert "this is a file" in str(told.exception) and told.exception.status == 2


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_the_machine_s_fault(files):
    (files / "closed").mkdir(mode=0o555)
    told = asked("repair", files / "source.onnx", files / "wrong.onnx", "--out", files / "closed" / "o")
    assert isinstance(told.exception, NetmendError) and told.exception.status == 4


def test_a_saved_model_needs_tensorflow_and_says_so(files, monkeypatch):
    (files / "saved").mkdir()
    (files / "saved" / "saved_model.pb").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    told = asked("diagnose", files / "saved", files / "right.onnx", "--out", files / "o")
    assert told.exception.status == 4 and "netmend[tensorflow]" in str(told.exception)
