"""Small training programs for the examples of rules: a healthy one, and whatever a rule wants changed in it."""

from __future__ import annotations


def keras_program(
    *layers: str,
    optimizer: str = '"adam"',
    loss: str = '"sparse_categorical_crossentropy"',
    fit: str = "epochs=20, batch_size=32",
) -> str:
    """A Keras program with these layers, each as the call that makes it: `Dense(10, activation="softmax")`."""
    calls = "".join(f"    keras.layers.{layer},\n" for layer in layers or KERAS_LAYERS)
    return f"""\
import keras
import numpy as np

x, y = np.load("data.npy"), np.load("labels.npy")
model = keras.Sequential([
    keras.Input((20,)),
{calls}])
model.compile(optimizer={optimizer}, loss={loss}, metrics=["accuracy"])
model.fit(x, y, {fit})
"""


KERAS_LAYERS = ('Dense(32, activation="relu")', 'Dense(10, activation="softmax")')


def torch_program(
    *modules: str,
    optimiser: str = "Adam(model.parameters(), lr=0.001)",
    loss: str = "CrossEntropyLoss()",
    loader: str = "batch_size=32, shuffle=True",
) -> str:
    """A PyTorch program with these modules, each as the call that makes it: `Linear(20, 10)`."""
    calls = "".join(f"    nn.{module},\n" for module in modules or TORCH_MODULES)
    return f"""\
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

x, y = torch.load("data.pt"), torch.load("labels.pt")
loader = DataLoader(TensorDataset(x, y), {loader})
model = nn.Sequential(
{calls})
criterion = nn.{loss}
optimiser = torch.optim.{optimiser}
for epoch in range(20):
    for rows, labels in loader:
        optimiser.zero_grad()
        loss = criterion(model(rows), labels)
        loss.backward()
        optimiser.step()
"""


TORCH_MODULES = ("Linear(20, 32)", "ReLU()", "Linear(32, 10)")

HEALTHY = (keras_program(), torch_program())
"""Programs in which no rule may find anything."""
