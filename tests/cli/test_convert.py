"""`netmend convert`, as a shell sees it."""

import numpy as np
import pytest
from typer.testing import CliRunner

from netmend.cli.main import app
from netmend.core.errors import UsageError
from netmend.network.load import load

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")
pytest.importorskip("onnxruntime")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]

X = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)


@pytest.fixture
def program(tmp_path):
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.GELU(), torch.nn.Linear(6, 3)).eval()
    made = torch.export.export(module, (torch.from_numpy(X),), dynamic_shapes=({0: torch.export.Dim("batch")},))
    torch.export.save(made, tmp_path / "net.pt2")
    return tmp_path / "net.pt2"


def call(*words):
    return CliRunner().invoke(app, ["convert", *map(str, words)])


@pytest.mark.parametrize("check", [["--no-check"], []], ids=["not checked", "checked"])
def test_a_network_is_converted_and_answers_as_before(program, tmp_path, check):
    target = tmp_path / "net.onnx"
    answer = call(program, target, "--out", tmp_path / "out", *check)
    assert answer.exit_code == 0, answer.output
    np.testing.assert_allclose(load(target).run(X), load(program).run(X), atol=1e-6)
    assert (tmp_path / "out" / "report.html").is_file() == (not check)


def test_nothing_is_overwritten(program, tmp_path):
    (tmp_path / "net.onnx").write_text("mine")
    answer = call(program, tmp_path / "net.onnx")
    assert isinstance(answer.exception, UsageError)
    assert (tmp_path / "net.onnx").read_text() == "mine"
