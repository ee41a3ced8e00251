"""What may stand in a sequence: for every kind of token its closed list of values, or the grid its numbers snap to.

The lists hold the canonical values of `program/elements`; the same for Keras and PyTorch. `OTHER` stands for a value
that is written and known but not in the list (a function of the program's own), `UNKNOWN` for one that cannot be told.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from netmend.program.blame import Value
from netmend.program.elements import activation, loss, metric, optimiser
from netmend.program.elements.initialiser import VALUES as _INITIALISERS

OTHER, UNKNOWN, NONE, DEFAULT = "other", "?", "none", "default"


_CALL = re.compile(r"(\w+)\((.*)\)")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The values of one kind of token, as they are spelled in a sequence.

    Attributes:
        values: in order, without `OTHER` and `UNKNOWN`; numbers as `spelled` writes them.
        grid: the numbers among them, ascending; empty if the kind has none.
    """

    values: tuple[str, ...]
    grid: tuple[float, ...] = ()

    def token(self, value: Value) -> str:
        """The value as it stands in a sequence: itself, the nearest of the grid, `OTHER` or `UNKNOWN`."""
        if value is None:
            return UNKNOWN
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return snapped(value, self.grid) if self.grid and math.isfinite(value) else OTHER
        text = str(value).lower() if isinstance(value, bool) else str(value)
        called = _CALL.fullmatch(text)
        if text in self.values or called is None:
            return text if text in self.values else OTHER
        return self._of_call(*called.groups())

    def _of_call(self, name: str, argument: str) -> str:
        """ "l2(0.0007)" is the nearest "l2(...)" that there is, "global_norm(5)" is "global_norm"."""
        if name in self.values:
            return name
        near = [float(found[2]) for each in self.values if (found := _CALL.fullmatch(each)) and found[1] == name
                and _is_number(found[2])]  # fmt: skip
        factor = argument.partition(",")[0]
        return f"{name}({snapped(float(factor), tuple(sorted(near)))})" if near and _is_number(factor) else OTHER

    def index(self, token: str) -> int:
        """Number of a token among `tokens`."""
        return self.tokens.index(token)

    @property
    def tokens(self) -> tuple[str, ...]:
        """All values with `OTHER` and `UNKNOWN` last."""
        return (*self.values, OTHER, UNKNOWN)


def spelled(number: float) -> str:
    """A number of a grid: 0.001 is "0.001", 32.0 is "32", 1e-05 is "1e-05"."""
    return f"{number:.12g}"


def snapped(value: float, grid: tuple[float, ...]) -> str:
    """The number of a grid that is nearest on a logarithmic scale; 0 and less only meet 0, or else the least number."""
    if value in grid:
        return spelled(value)
    positive = [each for each in grid if each > 0]
    if value <= 0:
        return spelled(grid[0])
    return spelled(min(positive, key=lambda each: (abs(math.log(each / value)), each)))


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?[\d.]+(?:[eE][-+]?\d+)?", text) is not None


def _numbers(*grid: float) -> Vocabulary:
    return Vocabulary(tuple(map(spelled, grid)), grid)


def _names(*names: str) -> Vocabulary:
    return Vocabulary(tuple(dict.fromkeys(names)))


_SIZES = ("1D", "2D", "3D")
LAYERS = (
    "Dense",
    *(f"{name}{size}" for name in ("Conv", "MaxPooling", "AveragePooling") for size in _SIZES),
    *(f"{name}{size}" for name in ("GlobalMaxPooling", "GlobalAveragePooling") for size in _SIZES),
    *(f"{name}{size}" for name in ("UpSampling", "ZeroPadding", "SpatialDropout") for size in _SIZES),
    *(f"Conv{size}Transpose" for size in _SIZES),
    *(f"{name}{size}" for name in ("SeparableConv", "DepthwiseConv", "Cropping", "ConvLSTM") for size in ("1D", "2D")),
    *(f"{name}{end}" for name in ("SimpleRNN", "LSTM", "GRU") for end in ("", "Cell")),
    "RNN",
    "Bidirectional",
    "TimeDistributed",
    "Embedding",
    "Flatten",
    "Reshape",
    "Permute",
    "RepeatVector",
    "Dropout",
    "AlphaDropout",
    "GaussianDropout",
    "GaussianNoise",
    "BatchNormalization",
    "LayerNormalization",
    "GroupNormalization",
    "InstanceNormalization",
    "UnitNormalization",
    "Normalization",
    "Rescaling",
    "Resizing",
    "TextVectorization",
    "RandomFlip",
    "RandomRotation",
    "RandomZoom",
    "Masking",
    "Lambda",
    "Concatenate",
    "Add",
    "Multiply",
    "Average",
    "Dot",
    "Attention",
    "MultiHeadAttention",
    "Transformer",
    "TransformerEncoderLayer",
    "TransformerDecoderLayer",
    "Identity",
    "own",
)
"""Layer types under their Keras names; "own" is a layer class of the program."""

WEIGHTED = frozenset(
    name for name in LAYERS if name.startswith(("Dense", "Embedding", "MultiHead", "Transformer"))
    or "Conv" in name or "RNN" in name or "LSTM" in name or "GRU" in name
)  # fmt: skip
"""Layers with weights of their own, without which a program trains nothing that could be compared."""

_INITIAL = dict.fromkeys(each for values in _INITIALISERS.values() for each in values)
_EXTRA_LOSSES = (
    "negative_log_likelihood",
    "categorical_crossentropy(from_logits)",
    "log_cosh",
    "cosine_similarity",
)

KINDS: Mapping[str, Vocabulary] = {
    "layer": _names(*LAYERS),
    # Widths, as they are common in programs: powers of two and round numbers (own choice).
    "units": _numbers(
        1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 16, 20, 24, 25, 30, 32, 40, 48, 50, 60, 64, 80, 96, 100, 120, 128, 150,
        192, 200, 250, 256, 300, 384, 400, 500, 512, 600, 768, 800, 1000, 1024, 1500, 2048, 3000, 4096, 10000, 30000,
    ),
    "input-rank": _numbers(1, 2, 3, 4),
    "input-width": _numbers(
        1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 28, 32, 50, 64, 100, 128, 256, 300, 512, 784, 1000, 2000, 4096, 10000,
        25000,
    ),
    "kernel-size": _numbers(1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 15),
    "pool-size": _numbers(1, 2, 3, 4, 5, 7, 8),
    "strides": _numbers(1, 2, 3, 4),
    "padding": _names("valid", "same", "causal"),
    "return-sequences": _names("true", "false"),
    "dropout-rate": _numbers(0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9),
    "activation": _names(*activation.USUAL, *activation.RARE, "log_softmax", "prelu", "relu6", "hard_tanh",
                         "hard_silu", "mish", "celu", "threshold", "log_sigmoid"),
    "initialiser": _names(DEFAULT, *_INITIAL, "zeros", "ones", "constant", "identity", "variance_scaling"),
    "bias-initialiser": _names(DEFAULT, "zeros", "ones", "constant", "random_normal", "random_uniform"),
    "regulariser": _names(NONE, *(f"{name}({rate})" for name in ("l1", "l2", "l1_l2")
                                  for rate in ("1e-06", "1e-05", "0.0001", "0.0005", "0.001", "0.01", "0.1", "1"))),
    "loss": _names(*(each for values in loss.VALUES.values() for each in values), *_EXTRA_LOSSES),
    "optimiser": _names(*optimiser.VALUES, "ftrl", "lion", "radam", "adafactor", "asgd", "rprop", "lbfgs"),
    # Powers of ten with 2, 3 and 5 between them where programs use them (section 3.1 of Bengio, "Practical
    # recommendations for gradient-based training", 2012, gives 1e-6 to 1).
    "learning-rate": _numbers(
        1e-6, 1e-5, 2e-5, 3e-5, 5e-5, 1e-4, 2e-4, 2.5e-4, 3e-4, 5e-4, 1e-3, 2e-3, 3e-3, 5e-3, 0.01, 0.02, 0.03, 0.05,
        0.1, 0.2, 0.5, 1.0,
    ),
    "metric": _names(*metric.VALUES, "mean_absolute_percentage_error", "mean_squared_logarithmic_error", "f1_score",
                     "r2_score", "binary_crossentropy", "categorical_crossentropy", "cosine_similarity", NONE),
    "epochs": _numbers(
        1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200, 250, 300, 500, 1000, 2000, 5000,
        10000, 30000,
    ),
    "batch-size": _numbers(
        1, 2, 4, 5, 8, 10, 16, 20, 25, 30, 32, 40, 50, 64, 80, 100, 120, 128, 200, 250, 256, 500, 512, 1000, 1024,
        2048, 4096,
    ),
    "validation-split": _numbers(0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.33, 0.4, 0.5),
    "shuffling": _names("true", "false"),
    "class-weight": _names(NONE, "balanced"),
    "gradient-clipping": _names(NONE, "global_norm", "norm", "value"),
    "input-scaling": _names(NONE, "divide(255)", "divide", "standardise", "transform", "rescaling",
                            "batch_normalization", "minus"),
    "label-form": _names(NONE, "divide", "minus"),
}  # fmt: skip
"""Every kind of token but words; `python -m bench.elements vocabulary` says what share of written values it covers."""

ELEMENTS = (
    "layer", "activation", "initialiser", "loss", "optimiser", "learning-rate", "metric", "epochs", "batch-size",
)  # fmt: skip
"""The nine kinds of MLM4DNN (Wang et al., FSE 2025), in whose terms restoration is measured."""
