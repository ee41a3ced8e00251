"""What the curves of one run say: has it learned, does it still learn, did it break.

Symptoms and operators ask these questions in the same words, so they are answered in one place.
Classification is read from the accuracy where the program reports one, everything else from the loss.
"""

from __future__ import annotations

import math
from statistics import fmean

from netmend.training.task import LabelForm, constant_loss, label_form
from netmend.training.trace import Trace

# AutoTrainer (Zhang et al., ICSE 2021), default of its parameter Theta: below this accuracy a run counts as not yet
# learned, and gradient symptoms are reported only then.
ACCURACY_LEARNED = 0.7

# Own convention: half of what the best constant answer leaves wrong must be gone. In regression this is R2 = 0.5.
SHARE_LEARNED = 0.5

# DeepFD (Cao et al., ICSE 2022) makes faulty programs with rates from 1 to 10; UMLAUT (Schoop et al., CHI 2021) calls
# rates below 1e-7 too small.
SMALLEST_RATE, LARGEST_RATE = 1e-7, 1.0

# Names under which Keras and common PyTorch loops report accuracy.
ACCURACIES = (
    "accuracy",
    "acc",
    "sparse_categorical_accuracy",
    "categorical_accuracy",
    "binary_accuracy",
)


def finite_losses(trace: Trace, quantity: str = "loss") -> tuple[float, ...]:
    """A reported quantity over the epochs, without its non-finite values."""
    return tuple(value for value in trace.series(quantity) if math.isfinite(value))


def accuracies(trace: Trace, prefix: str = "") -> tuple[float, ...]:
    """Training accuracy over the epochs, or validation accuracy with prefix "val_".

    Empty if none is reported, or if the labels are quantities: accuracy means nothing there.
    """
    if label_form(trace) is LabelForm.REAL:
        return ()
    for name in ACCURACIES:
        values = finite_losses(trace, prefix + name)
        if values:
            return values
    return ()


def has_learned(trace: Trace) -> bool:
    """The run ended well above the best constant answer.

    By accuracy: at least 0.7, and half of the rows that the commonest class gets wrong are right.
    By loss where there is no accuracy: at most half of the first epoch's loss and of the constant answer's loss.
    """
    seen = accuracies(trace) + accuracies(trace, "val_")
    if seen:
        share = trace.labels.largest_share if trace.labels is not None else 0.0
        return max(seen) >= max(ACCURACY_LEARNED, share + SHARE_LEARNED * (1 - share))
    losses = finite_losses(trace)
    if not losses:
        return False
    constant = constant_loss(trace)
    start = losses[0] if constant is None else constant
    return losses[-1] <= SHARE_LEARNED * start


def broke(trace: Trace) -> bool:
    """Loss, weights or gradients became NaN or infinite."""
    losses = trace.series("loss")
    return any(not math.isfinite(loss) for loss in losses) or any(stats.nonfinite > 0 for stats in trace.stats)


def rose(trace: Trace) -> bool:
    """The training loss ended above where it began."""
    losses = finite_losses(trace)
    return len(losses) > 1 and losses[-1] > losses[0]


def late_fall(losses: tuple[float, ...]) -> float | None:
    """Share of the whole fall of a curve that happened in its last quarter.

    The mean of the last quarter of the epochs is compared with the mean of the quarter before, relative to the fall
    from the first epoch to the last quarter. None for fewer than three epochs, or if the curve did not fall by at
    least 1 % (of noise no share can be told).
    """
    if len(losses) < 3:
        return None
    quarter = max(1, len(losses) // 4)
    last, before = fmean(losses[-quarter:]), fmean(losses[-2 * quarter : -quarter])
    fall = losses[0] - last
    if fall <= 0.01 * abs(losses[0]):
        return None
    return (before - last) / fall


def scaled(value: float, factor: float) -> float:
    """A learning rate times a factor, with three significant digits, as a person would write it."""
    return float(f"{value * factor:.3g}")
