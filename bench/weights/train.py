"""Trains the small networks of the benchmark: a MobileViT on digits and a DistilBERT on sentences, minutes on one core.

    python -m bench.weights.train mobilevit
    python -m bench.weights.train distilbert

The weights are committed beside the subjects, so that results can be compared; a new training gives others.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.weights.subjects import mnist, sst2
from bench.weights.subjects._base import TRAINED
from netmend.repairs.weights.requirements._base import Array

BATCH, RATE, DECAY = 64, 2e-3, 0.05
"""Of AdamW; the rate is the highest, of one rise and fall (own choice, nothing was tuned)."""


def main(names: Sequence[str]) -> None:
    """Train the networks named and write their weights."""
    import torch
    from safetensors.torch import save_file

    for name in names:
        torch.manual_seed(0)
        TRAINED.mkdir(exist_ok=True)
        if name == "mobilevit":
            inputs, labels = mnist.training(20_000)
            torch.save(fitted(mnist.mobilevit(), inputs, labels, epochs=3).state_dict(), TRAINED / mnist.MOBILEVIT)
        else:
            inputs, labels = sst2.training()
            save_file(fitted(sst2.distilbert(), inputs, labels, epochs=8).state_dict(), TRAINED / sst2.DISTILBERT)


def fitted(module: Any, inputs: Array, labels: Array, epochs: int) -> Any:
    """The module after so many passes over the inputs."""
    import torch

    x, y, random = torch.from_numpy(inputs), torch.from_numpy(labels), np.random.default_rng(0)
    steps = epochs * -(-len(x) // BATCH)
    optimiser = torch.optim.AdamW(module.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, steps)
    module.train()
    for epoch in range(epochs):
        losses = []
        for part in np.array_split(random.permutation(len(x)), -(-len(x) // BATCH)):
            optimiser.zero_grad()
            loss: Any = torch.nn.functional.cross_entropy(module(x[part]), y[part])
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        print(f"pass {epoch + 1}: loss {np.mean(losses):.3f}", flush=True)
    return module.eval()


if __name__ == "__main__":
    main(sys.argv[1:])
