"""Real frameworks under each executor: the same seed gives the same losses, and workers of a loader work."""

import importlib.util
import json
import os
import textwrap

import pytest

from netmend.program.source import Program
from netmend.training.executors import ForkExecutor, FreshExecutor
from netmend.training.preload import preload_of
from netmend.training.runs import RunRequest
from netmend.training.trace import RunEnd

KERAS = """
    import os
    os.environ["KERAS_BACKEND"] = "BACKEND"
    import json
    import numpy as np
    import keras
    rng = np.random.default_rng(0)
    x = rng.random((64, 8)).astype("float32")
    y = (x.sum(1) > 4).astype("float32")
    layers = [keras.layers.Dense(8, "relu"), keras.layers.Dropout(0.2), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential(layers)
    model.compile("adam", "binary_crossentropy")
    print(json.dumps(model.fit(x, y, batch_size=16, epochs=3, verbose=0).history["loss"]))
    """

TORCH = """
    import json
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset
    made = torch.Generator().manual_seed(0)
    x = torch.rand(64, 8, generator=made)
    y = (x.sum(1, keepdim=True) > 4).float()
    model = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 1))
    optimiser = torch.optim.Adam(model.parameters(), 1e-2)
    losses = []
    for epoch in range(3):
        for a, b in DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True, num_workers=WORKERS):
            optimiser.zero_grad()
            loss = nn.functional.binary_cross_entropy_with_logits(model(a), b)
            loss.backward()
            optimiser.step()
        losses.append(loss.item())
    print(json.dumps(losses))
    """

PROGRAMS = [
    pytest.param(KERAS.replace("BACKEND", "torch"), marks=[pytest.mark.keras, pytest.mark.torch], id="keras on torch"),
    pytest.param(KERAS.replace("BACKEND", "jax"), marks=pytest.mark.keras, id="keras on jax"),
    pytest.param(TORCH.replace("WORKERS", "0"), marks=pytest.mark.torch, id="torch"),
    pytest.param(TORCH.replace("WORKERS", "2"), marks=pytest.mark.torch, id="torch with two loader workers"),
]


@pytest.mark.parametrize("text", PROGRAMS)
def test_the_same_seed_gives_the_same_losses_under_both_executors(tmp_path, monkeypatch, text):
    for name in ("keras", "jax", "torch"):
        if name in text and importlib.util.find_spec(name) is None:  # importing it here would cost more than the test
            pytest.skip(f"{name} is not installed")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "train.py").write_text(textwrap.dedent(text))
    preload = preload_of(Program.read(folder / "train.py"), os.environ)
    losses = {}
    for executor in (FreshExecutor(preload), ForkExecutor(preload)):
        for seed in (1, 1, 2):
            asked = RunRequest(folder=folder, script="train.py", seed=seed, result=tmp_path / "result")
            result = executor.run(asked)
            assert (result.end, "fresh interpreter" in result.detail) == (RunEnd.FINISHED, False), result.detail
            losses.setdefault(seed, []).append(json.loads(result.log.read_text().splitlines()[-1]))
        executor.close()
    assert losses[1] == [losses[1][0]] * 4
    assert losses[2] == [losses[2][0]] * 2
    assert losses[1][0] != losses[2][0]
