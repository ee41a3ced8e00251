"""The end at the first update: reached where a real program would update its weights, and nothing is updated before."""

import importlib.util
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from netmend.training.probes import first_update

WATCHED = """
    import importlib.util, json, sys
    spec = importlib.util.spec_from_file_location("watch", {path!r})
    watch = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(watch)
    def emit(event):
        print(json.dumps(dict(event, weights=weights(), **told)), flush=True)
    told = {{}}
    """

KERAS = """
    import keras
    watch.watch("keras", emit)
    import numpy as np
    x, y = np.random.rand(8, 3).astype("float32"), np.zeros((8, 1), "float32")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(OPTIMISER, "mse", metrics=["mae"], run_eagerly=EAGERLY)
    def weights():
        if keras.src.backend.common.variables.in_stateless_scope():
            return 0.0  # JAX traces a function that will never run: nothing has a value
        return float(abs(model.layers[0].get_weights()[0] - before).sum()) + float(model.optimizer.iterations)
    before = model.layers[0].get_weights()[0]
    """

TORCH = """
    import torch
    watch.watch("torch", emit)
    model = torch.nn.Linear(3, 1)
    before = model.weight.detach().clone()
    weights = lambda: float((model.weight.detach() - before).abs().sum())
    def loss():
        told["forward"] = told.get("forward", 0) + 1
        value = model(torch.ones(4, 3)).square().mean()
        value.backward()
        return value
    """


def run(text, tmp_path, framework, **variables):
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    script = textwrap.dedent(WATCHED).format(path=str(Path(first_update.__file__))) + textwrap.dedent(text)
    environment = {**os.environ, "KERAS_HOME": str(tmp_path), "OMP_NUM_THREADS": "1", **variables}
    ended = subprocess.run(
        [sys.executable, "-c", script + "\nprint('not reached')"], capture_output=True, text=True, env=environment
    )
    return ended, [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]


TRAIN = {
    "fit": "model.fit(x, y, verbose=0)",
    "train_on_batch": "model.train_on_batch(x, y)",
    "a loop of its own": "model.optimizer.apply([keras.ops.ones(v.shape) for v in model.trainable_variables], "
    "model.trainable_variables)",
}


@pytest.mark.keras
@pytest.mark.parametrize(("train", "backend"), [*((train, "torch") for train in TRAIN), ("fit", "jax")])
def test_a_keras_program_ends_before_its_first_update(tmp_path, train, backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    text = textwrap.dedent(KERAS).replace("OPTIMISER", "'adam'").replace("EAGERLY", "False") + TRAIN[train]
    ended, events = run(text, tmp_path, "keras", KERAS_BACKEND=backend)
    assert (ended.returncode, events) == (0, [{"event": "built", "weights": 0.0}]), ended.stderr
    assert "not reached" not in ended.stdout


@pytest.mark.keras
@pytest.mark.torch
def test_a_loss_without_gradients_is_no_first_update(tmp_path):
    lossless = KERAS.replace('"mse"', "lambda y, p: keras.ops.sum(keras.ops.stop_gradient(p))")
    text = textwrap.dedent(lossless).replace("OPTIMISER", "'sgd'").replace("EAGERLY", "True") + TRAIN["fit"]
    ended, events = run(text, tmp_path, "keras", KERAS_BACKEND="torch")
    assert events == [] and "Error" in ended.stderr


STEPS = {
    "SGD(model.parameters(), lr=0.1)": ("loss(); optimiser.step()", 1),
    "Adam(model.parameters())": ("loss(); optimiser.step()", 1),
    "LBFGS(model.parameters())": ("optimiser.step(loss)", 1),  # makes its forward pass inside of the step
}


@pytest.mark.torch
@pytest.mark.parametrize("optimiser", STEPS)
def test_a_pytorch_program_ends_after_its_first_backward_pass(tmp_path, optimiser):
    step, forward = STEPS[optimiser]
    text = f"{textwrap.dedent(TORCH)}\noptimiser = torch.optim.{optimiser}\n{step}"
    ended, events = run(text, tmp_path, "torch")
    assert events == [{"event": "built", "weights": 0.0, "forward": forward}], ended.stderr
    assert "not reached" not in ended.stdout


@pytest.mark.torch
def test_what_fails_in_the_closure_of_a_step_fails(tmp_path):
    text = f"{textwrap.dedent(TORCH)}\ntorch.optim.LBFGS(model.parameters()).step(lambda: model(torch.ones(4, 2)))"
    ended, events = run(text, tmp_path, "torch")
    assert events == [] and "shapes cannot be multiplied" in ended.stderr


@pytest.mark.torch
def test_an_exit_leaves_what_was_to_be_done_at_exit_undone(tmp_path):
    text = f"import atexit\natexit.register(print, 'tidied up')\n{textwrap.dedent(TORCH)}\nloss(); "
    ended, events = run(f"{text}torch.optim.SGD(model.parameters(), lr=0.1).step()", tmp_path, "torch")
    assert len(events) == 1 and "tidied up" not in ended.stdout
