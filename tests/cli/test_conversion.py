"""`repair` and `diagnose` for two networks, as a shell sees them."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from netmend.cli.main import app
from netmend.core.errors import UsageError
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
