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


MADE = """
import numpy as np, tensorflow as tf

numbers = np.random.default_rng(0)

class Net(tf.Module):
    def __init__(self):
        self.kernel = tf.Variable(numbers.normal(size=(3, 3, 3, 4)).astype("f"))
        self.bias = tf.Variable(numbers.normal(size=4).astype("f"))
        self.dense = tf.Variable(numbers.normal(size=(4, 5)).astype("f"))

    @tf.function(input_signature=[tf.TensorSpec([None, 8, 8, 3], tf.float32, name="images")])
    def answer(self, images):
        x = tf.nn.bias_add(tf.nn.conv2d(images, self.kernel, 2, "SAME", name="first"), self.bias)
        x = tf.reduce_mean(tf.nn.leaky_relu(x, 0.2, name="leaky"), [1, 2])
        return {"scores": tf.nn.softmax(tf.matmul(x, self.dense))}

net = Net()
tf.saved_model.save(net, "right", signatures=net.answer)
open("source.tflite", "wb").write(tf.lite.TFLiteConverter.from_saved_model("right").convert())
net.bias.assign(net.bias * 0)
tf.saved_model.save(net, "wrong", signatures=net.answer)
"""


def test_a_saved_model_is_repaired_in_its_own_format(tmp_path):
    pytest.importorskip("tensorflow")
    pytest.importorskip("ai_edge_litert")
    subprocess.run([sys.executable, "-c", MADE], cwd=tmp_path, check=True, capture_output=True)
    for target, status in (("right", 0), ("wrong", 0)):
        words = ["repair", "source.tflite", target, "--out", f"out-{target}", "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "netmend", *words], cwd=tmp_path, check=False, capture_output=True, text=True
        )
        assert done.returncode == status, done.stderr
    assert not (tmp_path / "out-right" / "repaired").exists()
    assert [each["finding"]["name"] for each in json.loads(done.stdout)["findings"]] == ["bias"]
    asked = "import sys, numpy as np, tensorflow as tf; np.save(sys.argv[2], tf.saved_model.load(sys.argv[1])"
    asked += ".signatures['serving_default'](tf.reshape(tf.range(384.0) / 384, (2, 8, 8, 3)))['scores'])"
    for name in ("right", "wrong", "out-wrong/repaired"):
        file = f"{name.replace('/', '-')}.npy"
        subprocess.run([sys.executable, "-c", asked, name, file], cwd=tmp_path, check=True, capture_output=True)
    right, wrong, repaired = (np.load(tmp_path / f"{name}.npy") for name in ("right", "wrong", "out-wrong-repaired"))
    assert np.abs(wrong - right).max() > 1e-2 and np.abs(repaired - right).max() < 1e-5
