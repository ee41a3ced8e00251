"""`repair`, `diagnose` and `validate` for a trained network, as a shell sees them."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from netmend.cli.main import app
from netmend.core.errors import UsageError

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.fixture
def files(tmp_path):
    """A linear network with three classes, and four points of which it gets one wrong."""
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    weight = np.array([[1, 0], [0, 1], [-1, -1]], np.float32)
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "w", "b"], ["y"], transB=1)],
        "net",
        [helper.make_tensor_value_info("x", 1, [None, 2])],
        [helper.make_tensor_value_info("y", 1, [None, 3])],
        [numpy_helper.from_array(weight, "w"), numpy_helper.from_array(np.zeros(3, np.float32), "b")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    points = np.array([[2, 0], [0, 2], [-2, -2], [1, 0.9]], np.float32)
    np.savez(tmp_path / "wrong.npz", x=points, y=[0, 1, 2, 1])
    np.savez(tmp_path / "right.npz", x=points[:3], y=[0, 1, 2])
    return tmp_path


def asked(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_repair_is_reported_and_its_certificate_is_valid(files):
    out = files / "out"
    told = asked("repair", files / "net.onnx", "--repair-set", files / "wrong.npz", "--out", out)
    assert told.exit_code == 0 and "Repaired, with proof" in told.stdout and "certificate" in told.stdout
    assert {"repaired.onnx", "certificate.json", "points.npz", "report.html", "report.json"} <= {
        each.name for each in out.iterdir()
    }
    valid = asked("validate", out / "certificate.json")
    assert valid.exit_code == 0 and valid.stdout.startswith("Valid")
    other = asked("validate", out / "certificate.json", "--network", files / "net.onnx", "--json")
    assert other.exit_code == 1 and json.loads(other.stdout)["valid"] is False


def test_a_diagnosis_names_points_and_layers(files):
    told = asked("diagnose", files / "net.onnx", "--repair-set", files / "wrong.npz", "--out", files / "out", "--json")
    page = json.loads(told.stdout)
    assert told.exit_code == 0 and page["kind"] == "weights"
    assert page["findings"][0]["finding"]["places"] == ["point 3"] and page["suspects"][0]["place"] == "w"


def test_right_points_leave_the_folder_without_a_network(files):
    told = asked("repair", files / "net.onnx", "--repair-set", files / "right.npz", "--out", files / "out")
    assert told.exit_code == 0 and "Nothing to repair" in told.stdout
    assert not (files / "out" / "repaired.onnx").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["net.onnx"], "nothing is required of it"),
        (["saved"], "nothing is required of it"),
        (["train.py", "--repair-set", "wrong.npz"], "goes with a trained network"),
        (["net.onnx", "--repair-set", "wrong.npz", "--precision", "half"], "float64, deployed or exact"),
        (["net.onnx", "--repair-set", "wrong.npz", "--harm", "lots"], "write 1% or 0.01"),
        (["net.onnx", "--repair-set", "wrong.npz", "--harm", "200%"], "write 1% or 0.01"),
        (["net.onnx", "--repair-set", "wrong.npz", "--time-limit", "5runs"], "write 90s, 10m or 1h"),
        (["net.onnx", "--repair-set", "wrong.npz", "--mean", "a"], "one number, or one for each channel"),
    ],
)
def test_wrong_use_is_one_sentence(files, words, said, monkeypatch):
    monkeypatch.chdir(files)
    Path("saved").mkdir()
    Path("saved/saved_model.pb").touch()
    told = asked("repair", *words)
    assert isinstance(told.exception, UsageError) and said in str(told.exception)
