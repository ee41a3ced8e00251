"""The outputs are class probabilities, but the loss is made for quantities or margins.

What it is:
    Softmax outputs are probabilities of classes, for which cross-entropy is the loss that maximum likelihood gives.
    Absolute errors give each row the same small gradient and leave most classes unlearnt; relative and logarithmic
    errors make no sense between 0 and 1; hinge losses ask for scores beyond 1, which a probability never reaches.
    Squared error works, more slowly: its gradient vanishes where the softmax is confidently wrong.

How it is measured:
    A last activation softmax over more than one unit, and the name of the loss.

When it is wrong:
    Where the targets are distributions and not classes, or the loss was chosen against mislabelled rows.

References:
    Zhang, Sabuncu, Generalized Cross Entropy Loss, NeurIPS 2018, section 3 (absolute error is hard to train).
    Glorot, Bengio, AISTATS 2010, section 4.1 (plateaus of the squared error). Janocha, Czarnecki, On Loss Functions for
    Deep Neural Networks in Classification, 2017. That squared error can compete: Hui, Belkin, ICLR 2021, hence its low
    severity. The severities only order the cases: a convention.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program
from netmend.program.lint._model import last_activation, name, only, output_units

SEVERITY = {
    "hinge": 0.7,
    "squared_hinge": 0.6,
    "mean_absolute_error": 0.7,
    "mean_absolute_percentage_error": 0.7,
    "mean_squared_logarithmic_error": 0.5,
    "mean_squared_error": 0.3,
    "huber": 0.3,
    "log_cosh": 0.3,
}
"""How badly each loss trains a classifier; a convention after the references above."""


def _check(elements: Sequence[Element]) -> Iterable[Hit]:
    last, loss = last_activation(elements), only(elements, "loss")
    if last is None or loss is None or last.value != "softmax" or output_units(elements) == 1:
        return
    severity = SEVERITY.get(name(loss))
    if severity is None:
        return
    if loss.framework == "torch":
        # Cross-entropy of PyTorch takes logits; a second element would have to change with it.
        blames = (Blame("loss", 0.9),)
    else:
        # Labels compared with probabilities one by one are one-hot; those of integers come second.
        blames = (Blame("loss", 0.9, values=("categorical_crossentropy", "sparse_categorical_crossentropy")),)
    yield Hit(
        loss, f"The outputs are class probabilities (softmax), but the loss is {loss.value}.", severity, blames=blames
    )


_SOFTMAX = ('Dense(32, activation="relu")', 'Dense(10, activation="softmax")')

rule = LintRule(
    check=_check,
    fires_on=(
        keras_program(*_SOFTMAX, loss='"hinge"'),
        keras_program(*_SOFTMAX, loss='"mae"'),
        keras_program(*_SOFTMAX, loss='"mean_squared_error"'),
        keras_program(*_SOFTMAX, loss="keras.losses.MeanAbsolutePercentageError()"),
        torch_program("Linear(20, 32)", "ReLU()", "Linear(32, 10)", "Softmax(dim=1)", loss="L1Loss()"),
    ),
    silent_on=(
        *HEALTHY,
        keras_program('Dense(32, activation="relu")', "Dense(1)", loss='"mae"'),
        keras_program(*_SOFTMAX, loss='"categorical_hinge"'),
        torch_program("Linear(20, 32)", "ReLU()", "Linear(32, 1)", loss="L1Loss()"),
    ),
)
