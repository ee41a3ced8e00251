"""The example of a wrong conversion, found and mended by the command line as its first lines say."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")
pytest.importorskip("sklearn")
runtime = pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.torch


def test_the_example_is_explained_and_answers_as_its_source_again(tmp_path):
    shutil.copy(Path(__file__).parents[2] / "examples" / "digits_conversion.py", tmp_path)
    subprocess.run([sys.executable, "digits_conversion.py"], cwd=tmp_path, check=True, capture_output=True)
    words = ["repair", "source.pt2", "target.onnx", "--inputs", "digits.npz", "--out", "out", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "netmend", *words], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    edits = next(each for each in json.loads(done.stdout)["exhibits"] if each.get("caption") == "The edits")
    assert "pads [0, 0, 1, 1] becomes [1, 1, 0, 0]" in str(edits) and "alpha 0.01 becomes 0.2" in str(edits)

    rows = np.load(tmp_path / "digits.npz")["x"]
    source = torch.export.load(tmp_path / "source.pt2").module()
    with torch.no_grad():
        right = source(torch.from_numpy(rows)).numpy()

    def answers(name):
        session = runtime.InferenceSession(tmp_path / name)
        return session.run(None, {session.get_inputs()[0].name: rows})[0]

    assert np.abs(answers("target.onnx") - right).max() > 1
    assert np.abs(answers("out/repaired.onnx") - right).max() < 1e-3
