"""Every format of a trained network, repaired by the command line, checked again, and run by its own framework."""

import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")
pytestmark = pytest.mark.torch

ARCHITECTURE = """
def net():
    from torch import nn
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))

def keras_net():
    import keras
    layers = [keras.Input((4,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(3, activation="softmax")]
    return keras.Sequential(layers)
"""


@pytest.fixture
def folder(tmp_path):
    """A network 4-8-3 with random weights, eight points that want another class, and a hundred that keep theirs."""
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    x = np.random.default_rng(0).normal(size=(108, 4)).astype(np.float32)
    with torch.no_grad():
        y = module(torch.from_numpy(x)).argmax(1).numpy()
    np.savez(tmp_path / "wrong.npz", x=x[:8], y=(y[:8] + 1) % 3)
    np.savez(tmp_path / "clean.npz", x=x[8:], y=y[8:])
    (tmp_path / "model.py").write_text(ARCHITECTURE)
    return tmp_path, module


def repaired(folder, name, *words):
    """The repaired file, after its certificate was checked in another process, and the points with their classes."""
    options = ["--repair-set", "wrong.npz", "--reference", "clean.npz", "--out", "out"]
    run(folder, "repair", name, *options, *words)
    assert run(folder, "validate", "out/certificate.json", *words).startswith("Valid")
    found = folder / "out" / f"repaired.{name.partition('.')[2]}"
    with np.load(folder / "wrong.npz") as points:
        return found, points["x"], points["y"]


def run(folder, *words):
    command = [sys.executable, "-m", "netmend", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["net.pth", "net.safetensors"])
def test_a_file_of_weights_with_its_architecture(folder, name):
    folder, module = folder
    if name == "net.pth":
        torch.save(module.state_dict(), folder / name)
    else:
        pytest.importorskip("safetensors.torch").save_file(module.state_dict(), folder / name)
    found, x, y = repaired(folder, name, "--architecture", "model.py:net")
    if name == "net.pth":
        module.load_state_dict(torch.load(found, weights_only=True))
    else:
        module.load_state_dict(pytest.importorskip("safetensors.torch").load_file(found))
    with torch.no_grad():
        assert module(torch.from_numpy(x)).argmax(1).tolist() == y.tolist()


def test_an_exported_program(folder):
    folder, module = folder
    batch = torch.export.Dim("batch")
    program = torch.export.export(module, (torch.zeros(2, 4),), dynamic_shapes=({0: batch},))
    torch.export.save(program, folder / "net.pt2")
    found, x, y = repaired(folder, "net.pt2")
    with torch.no_grad():
        assert torch.export.load(found).module()(torch.from_numpy(x)).argmax(1).tolist() == y.tolist()


@pytest.mark.keras
@pytest.mark.parametrize("name", ["net.keras", "net.weights.h5"])
def test_a_keras_network(folder, name):
    from netmend.network.backends.keras import _keras

    folder, module = folder
    pytest.importorskip("h5py")
    keras = pytest.importorskip("keras") if "keras" in sys.modules else _keras()
    if keras.backend.backend() != "torch":
        pytest.skip("Keras runs on another backend here")
    layers = [keras.Input((4,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(3, activation="softmax")]
    model = keras.Sequential(layers)
    model.set_weights([value.detach().numpy().T for value in module.parameters()])
    words = []
    if name == "net.keras":
        model.save(folder / name)
    else:
        model.save_weights(folder / name)
        words = ["--architecture", "model.py:keras_net"]
    found, x, y = repaired(folder, name, *words)
    if name == "net.keras":
        model = keras.models.load_model(found)
    else:
        model.load_weights(found)
    assert model.predict(x, verbose=0).argmax(1).tolist() == y.tolist()


def test_inputs_that_the_architecture_does_not_take_are_said_so(folder):
    folder, module = folder
    torch.save(module.state_dict(), folder / "net.pth")
    np.savez(folder / "wrong.npz", x=np.zeros((2, 5), np.float32), y=[0, 1])
    words = ["repair", "net.pth", "--repair-set", "wrong.npz", "--architecture", "model.py:net"]
    done = subprocess.run(
        [sys.executable, "-m", "netmend", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and "(2, 5)" in done.stderr and "Traceback" not in done.stderr


def test_the_example_is_repaired_and_what_was_not_in_the_repair_set_gets_better(tmp_path):
    import json
    import shutil
    from pathlib import Path

    pytest.importorskip("sklearn")
    shutil.copy(Path(__file__).parents[2] / "examples" / "digits_network.py", tmp_path)
    subprocess.run([sys.executable, "digits_network.py"], cwd=tmp_path, check=True)
    options = ["--repair-set", "wrong.npz", "--reference", "clean.npz", "--held-out", "test.npz", "--harm", "1%"]
    options += ["--generalisation", "dim.npz", "--architecture", "digits_network.py:net"]
    page = json.loads(run(tmp_path, "repair", "net.pth", *options, "--json"))
    assert page["conclusion"]["outcome"] == "proved"
    facts = dict(next(each["facts"] for each in page["exhibits"] if "Generalisation" in each["caption"]))
    before, after = (float(share.split("%")[0]) for share in facts["accuracy"].split(", "))
    assert after > before + 1
