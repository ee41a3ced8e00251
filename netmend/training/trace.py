"""What one run of a training program leaves behind.

A trace is read from the channel a probe writes (`netmend.training.channel`). It holds numbers only; predictions stay
in a file beside it. Non-finite numbers are kept as `nan`, `inf`: symptoms look for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class RunEnd(StrEnum):
    """How a run ended. Each is a result of its own kind; none is folded into another."""

    FINISHED = "finished"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    TOO_MUCH_OUTPUT = "too much output"
    KILLED = "killed"
    NO_RESULT = "no result"
    NOT_STARTED = "not started"


@dataclass(frozen=True, slots=True)
class ArrayStats:
    """What a batch of inputs or labels looks like. Statistics are over at most 10,000 rows.

    Attributes:
        shape: without the row axis; () for scalars.
        rows: how many rows there are in all, 0 if unknown.
        integral: every value is a whole number.
        distinct: number of distinct values (labels: of classes), capped at 1,000; 0 if not counted.
        one_hot: every row is a one-hot vector.
        largest_share: share of the commonest label; 0 if not counted.
        classes: labels that are class numbers or one-hot rows: the classes that occur, in order; () if there are more
            than 100 or they are of another form.
        shares: of each of `classes`.
        likeness: of training labels: how like those of rows are that are alike, in standard errors above chance; nan if
            not known.
    """

    dtype: str
    shape: tuple[int, ...]
    rows: int
    minimum: float
    maximum: float
    mean: float
    std: float
    nonfinite: int = 0
    integral: bool = False
    distinct: int = 0
    one_hot: bool = False
    largest_share: float = 0.0
    classes: tuple[int, ...] = ()
    shares: tuple[float, ...] = ()
    likeness: float = float("nan")


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """One layer of the trained model, in order of appearance.

    Attributes:
        kind: class name: "Dense", "Conv2d", "ReLU".
        activation: canonical name of an activation inside or being the layer; "" if it has none.
        role: "input", "hidden", "output": the last layer with weights, and an activation after it, are "output".
        units: output width; 0 if it has none.
        rows: of an embedding, how many different numbers it takes; 0 for other layers.
        parameters: number of trainable weights.
        initialiser: canonical name of the kernel initialiser, "" if unknown.
        regulariser: canonical, for example "l1(0.01)"; "" if none.
        penalty: regularisation loss of this layer before training, nan if not measured.
    """

    name: str
    kind: str
    activation: str = ""
    role: str = "hidden"
    units: int = 0
    parameters: int = 0
    initialiser: str = ""
    regulariser: str = ""
    penalty: float = float("nan")
    rate: float = float("nan")
    rows: int = 0


@dataclass(frozen=True, slots=True)
class LayerStats:
    """One layer at one moment, on one fixed batch in inference mode (Keras) or on the batch in training (PyTorch).

    Attributes:
        layer: name, as in `LayerInfo`.
        epoch: epochs finished when it was measured; 0 is before training.
        gradient_norm, weight_norm: L2; nan if the layer has no weights.
        gradient_zero_share: share of gradient entries that are exactly 0.
        update_ratio: learning rate x gradient norm / weight norm.
        output_mean, output_std, output_abs_mean: over all output entries.
        output_zero_share: share of outputs that are <= 0 for ReLU-like layers, exactly 0 otherwise.
        dead_share: share of units that are 0 for every row of the batch.
        saturated_share: share of sigmoid or tanh outputs within 0.7 % of their bounds (inputs of a sigmoid beyond
            +-5); nan for other layers.
        nonfinite: NaN or Inf entries in weights, gradients and outputs.
    """

    layer: str
    epoch: int
    gradient_norm: float = float("nan")
    weight_norm: float = float("nan")
    weight_std: float = float("nan")
    gradient_abs_mean: float = float("nan")
    gradient_zero_share: float = float("nan")
    update_ratio: float = float("nan")
    output_mean: float = float("nan")
    output_std: float = float("nan")
    output_abs_mean: float = float("nan")
    output_minimum: float = float("nan")
    output_maximum: float = float("nan")
    output_zero_share: float = float("nan")
    dead_share: float = float("nan")
    saturated_share: float = float("nan")
    nonfinite: int = 0


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch. `values` holds what the program reports: "loss", "val_loss", "accuracy", "val_accuracy", ..."""

    number: int
    values: dict[str, float]
    learning_rate: float = float("nan")
    updates: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Predictions of the trained model on the evaluation data the program uses.

    Attributes:
        origin: "evaluate", "validation_data", "validation_split", "eval-mode loader", "eval-mode tensors"
            or "held-out training rows".
        file: npz with `y_true` (rows, ...), `y_pred` (rows, ...) and `row_hash` (rows,) uint32 of the input rows.
        logits: the loss treats the outputs as logits, and no sigmoid at the end of the model has made them
            probabilities already.
    """

    origin: str
    file: Path
    rows: int
    logits: bool = False


_MENDED = {"outdated-names": "with the names of today", "training-step": "with a whole training step"}
"""What is changed in a program that crashes, where the value that is written does not say it."""


@dataclass(frozen=True, slots=True)
class Crash:
    """How a program dies before it trains, or ends without training, and the one change with which it trains.

    Attributes:
        detail: as `RunResult.detail`.
        kind, role, layer: of the element that was changed, as in `netmend.program.elements._base.Element`.
        value: canonical, with which it trains.
        owner: of the element, for a person: "Linear 3". before: its value as it is; None if that is not known.
    """

    detail: str
    kind: str = ""
    role: str = ""
    layer: int | None = None
    value: str | float | int | bool | None = None
    owner: str = ""
    before: str | float | int | bool | None = None

    @property
    def crashed(self) -> bool:
        """Whether it died of an error; else it ran to its end and trained nothing."""
        return not self.detail.startswith("ran to its end")

    @property
    def change(self) -> str:
        """The one change, for a person: "with batch-size 32", "without BatchNorm1d 2"."""
        if self.kind in _MENDED:
            return _MENDED[self.kind]
        if self.kind == "flattening" and self.value == "flatten":
            return f"with the input of {self.owner or 'the first fully connected layer'} flattened"
        if self.kind == "vocabulary-size" and isinstance(self.value, str):
            rows = "row" if self.value == "+1" else "rows"
            return f"with {self.value.removeprefix('+')} more {rows} in {self.owner or 'the embedding'}"
        if self.value is None:
            return f"without {self.owner or self.kind}"
        return f"with {self.kind} {self.value}"


@dataclass(frozen=True, slots=True)
class Trace:
    """One run, as the probe saw it.

    Attributes:
        backend: Keras backend, or "torch".
        loss, optimiser: canonical names; "custom" if unknown.
        loss_from_logits: the loss applies the last activation itself.
        learning_rate: at the start of training; nan if unknown.
        batch_size: rows per update of the first batch; 0 if unknown.
        compared: shapes of predictions and labels as the first loss of the training took them, rows included; () where
            it is not known.
        updates: optimiser steps in all. epochs_planned: what the program asked for; 0 if unknown.
        class_weights: what `fit` of Keras is given as `class_weight`, by the class as text; empty if nothing.
        inputs, labels: training data; eval_inputs, eval_labels: evaluation data.
        outputs: predictions on the evaluation data, before any thresholding.
        train_seconds: first to last update, with the probe's own time taken out.
        probe_seconds: time spent in the probe during training.
        models_trained: how many separate models were trained; the one with most updates is described.
        warnings: sentences for the user.
        no_evaluation: why there is no evaluation, one sentence; "" if there is one or nothing is known.
        can_hold_out: a run that withholds training rows (`RunRequest.hold_out`) could be evaluated.
        crash: the program as it is crashes, and this is a run of it with one change; None if it is the program itself.
    """

    framework: str
    backend: str
    seed: int
    loss: str = "custom"
    loss_from_logits: bool = False
    optimiser: str = "custom"
    learning_rate: float = float("nan")
    batch_size: int = 0
    compared: tuple[tuple[int, ...], ...] = ()
    updates: int = 0
    epochs_planned: int = 0
    shuffled: bool | None = None
    parameters: int = 0
    inputs: ArrayStats | None = None
    labels: ArrayStats | None = None
    eval_inputs: ArrayStats | None = None
    eval_labels: ArrayStats | None = None
    outputs: ArrayStats | None = None
    layers: tuple[LayerInfo, ...] = ()
    stats: tuple[LayerStats, ...] = ()
    epochs: tuple[Epoch, ...] = ()
    evaluation: Evaluation | None = None
    train_seconds: float = 0.0
    probe_seconds: float = 0.0
    models_trained: int = 1
    warnings: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    no_evaluation: str = ""
    can_hold_out: bool = False
    crash: Crash | None = None
    class_weights: dict[str, float] = field(default_factory=dict)

    def series(self, quantity: str) -> tuple[float, ...]:
        """One reported value over the epochs; epochs that lack it are left out."""
        return tuple(epoch.values[quantity] for epoch in self.epochs if quantity in epoch.values)
