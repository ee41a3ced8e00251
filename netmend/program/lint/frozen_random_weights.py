"""Weights are kept from being trained although nothing has trained them before.

What it is:
    `requires_grad = False` or `trainable = False` on layers that start from random weights. What they compute is then
    noise to the end, and only the layers behind them learn.

How it is measured:
    A part of the trained model is frozen, and the program loads no weights from anywhere and has one training.

When it is wrong:
    Where a part is frozen in such a program. Random features that are meant to stay random are rare.

References:
    PyTorch tutorial "Transfer Learning for Computer Vision" and Keras guide "Transfer learning & fine-tuning": layers
    are frozen after weights were loaded into them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.elements.frozen_weights import FROZEN, TRAINED
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program

SEVERITY = 0.8  # own convention: the layers behind may still learn something


def _check(elements: Sequence[Element]) -> Iterator[Hit]:
    for element in elements:
        if element.kind == "frozen-weights" and element.value == FROZEN:
            message = f"The weights of {element.owner} are not trained, and none are loaded into it: they stay random."
            yield Hit(element, message, SEVERITY, blames=(Blame("frozen-weights", 0.95, values=(TRAINED,)),))


_FREEZE = "for weights in model[0].parameters():\n    weights.requires_grad = False\n"

rule = LintRule(
    check=_check,
    fires_on=(
        keras_program('Dense(32, activation="relu", trainable=False)', 'Dense(10, activation="softmax")'),
        torch_program().replace("criterion =", f"{_FREEZE}criterion ="),
        torch_program().replace("criterion =", "model[0].requires_grad_(False)\ncriterion ="),
    ),
    silent_on=(
        *HEALTHY,
        torch_program().replace("criterion =", f"model.load_state_dict(torch.load('a.pt'))\n{_FREEZE}criterion ="),
        torch_program().replace("criterion =", "model[0].requires_grad_(True)\ncriterion ="),
        keras_program('Dense(32, trainable=True, activation="relu")', 'Dense(10, activation="softmax")'),
    ),
)
