"""Keras's names for what netmend calls by framework-neutral names, and the defaults of its classes.

Names, argument orders and defaults are those of the Keras 3 reference (keras.io/api), where `tensorflow.keras` agrees;
a test compares them with the installed package.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Packages under which Keras is imported, longest first, and what each is in Keras 3.
ROOTS = {
    "tensorflow.compat.v1.keras": "keras",
    "tensorflow.compat.v2.keras": "keras",
    "tensorflow.python.keras": "keras",
    "tensorflow.keras": "keras",
    "tensorflow.optimizers": "keras.optimizers",
    "tensorflow.losses": "keras.losses",
    "tensorflow.metrics": "keras.metrics",
    "tensorflow.initializers": "keras.initializers",
    "tensorflow.nn": "keras.activations",
    "tf_keras": "keras",
    "keras": "keras",
}
PACKAGES = frozenset(root.partition(".")[0] for root in ROOTS)


def keras_name(dotted: str) -> str:
    """A dotted name under the root `keras`, "" if it is not Keras: "tensorflow.nn.relu" is "keras.activations.relu"."""
    for root, name in ROOTS.items():
        if dotted == root or dotted.startswith(f"{root}."):
            return name + dotted.removeprefix(root)
    return ""


def last(name: str) -> str:
    """The part after the last dot."""
    return name.rpartition(".")[2]


def in_section(dotted: str, section: str) -> str:
    """Last part of a name of one of Keras's modules, "" otherwise: "keras.layers.core.Dense" in "layers" is "Dense"."""
    parts = keras_name(dotted).split(".")
    return parts[-1] if len(parts) > 2 and parts[1] == section else ""


def snake(name: str) -> str:
    """A class name in snake case: "HeNormal" is "he_normal", "KLDivergence" is "kl_divergence"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


# Activations

ACTIVATIONS = frozenset(
    [
        "relu",
        "sigmoid",
        "tanh",
        "softmax",
        "linear",
        "elu",
        "selu",
        "gelu",
        "silu",
        "softplus",
        "softsign",
        "exponential",
        "leaky_relu",
        "hard_sigmoid",
        "hard_silu",
        "hard_tanh",
        "relu6",
        "celu",
        "mish",
        "log_softmax",
        "log_sigmoid",
        "glu",
        "squareplus",
        "hard_shrink",
        "soft_shrink",
        "tanh_shrink",
        "threshold",
        "sparse_plus",
        "sparse_sigmoid",
        "sparsemax",
    ]
)
ACTIVATION_ALIASES = {"swish": "silu", "hard_swish": "hard_silu", "identity": "linear"}
ACTIVATION_LAYERS = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "ELU": "elu",
    "PReLU": "prelu",
    "Softmax": "softmax",
    "ThresholdedReLU": "threshold",
}


def activation(name: str) -> str | None:
    """Canonical activation of a string or function name; None if Keras has none of that name."""
    found = ACTIVATION_ALIASES.get(name, name)
    return found if found in ACTIVATIONS else None


# Initialisers

INITIALISERS = frozenset(
    [
        "glorot_uniform",
        "glorot_normal",
        "he_uniform",
        "he_normal",
        "lecun_uniform",
        "lecun_normal",
        "zeros",
        "ones",
        "random_normal",
        "random_uniform",
        "truncated_normal",
        "orthogonal",
        "identity",
        "constant",
        "variance_scaling",
    ]
)
INITIALISER_ALIASES = {
    "normal": "random_normal",
    "uniform": "random_uniform",
    "zero": "zeros",
    "one": "ones",
    "orthogonal_initializer": "orthogonal",
    "identity_initializer": "identity",
    "xavier_uniform": "glorot_uniform",
}


def initialiser(name: str) -> str | None:
    """Canonical initialiser of a string, function or class name."""
    found = snake(name)
    found = INITIALISER_ALIASES.get(found, found)
    return found if found in INITIALISERS else None


# Losses and metrics

# Classes by canonical name. `LOGITS` take `from_logits`.
LOSSES = {
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "binary_crossentropy": "BinaryCrossentropy",
    "mean_squared_error": "MeanSquaredError",
    "mean_absolute_error": "MeanAbsoluteError",
    "huber": "Huber",
    "log_cosh": "LogCosh",
    "mean_absolute_percentage_error": "MeanAbsolutePercentageError",
    "mean_squared_logarithmic_error": "MeanSquaredLogarithmicError",
    "kl_divergence": "KLDivergence",
    "poisson": "Poisson",
    "hinge": "Hinge",
    "squared_hinge": "SquaredHinge",
    "categorical_hinge": "CategoricalHinge",
    "cosine_similarity": "CosineSimilarity",
    "binary_focal_crossentropy": "BinaryFocalCrossentropy",
    "categorical_focal_crossentropy": "CategoricalFocalCrossentropy",
    "dice": "Dice",
    "tversky": "Tversky",
}
LOGITS = frozenset(name for name in LOSSES if name.endswith("crossentropy"))
LOSS_ALIASES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
    "huber_loss": "huber",
}


def loss(name: str) -> str | None:
    """Canonical loss of a string, function or class name."""
    found = snake(name)
    found = LOSS_ALIASES.get(found, found)
    return "kullback_leibler_divergence" if found == "kl_divergence" else found if found in LOSSES else None


def loss_key(value: str) -> str:
    """Keras's own name of a canonical loss."""
    return LOSS_ALIASES.get(value, value)


METRICS = {
    "accuracy": "Accuracy",
    "sparse_categorical_accuracy": "SparseCategoricalAccuracy",
    "categorical_accuracy": "CategoricalAccuracy",
    "binary_accuracy": "BinaryAccuracy",
    "mean_squared_error": "MeanSquaredError",
    "mean_absolute_error": "MeanAbsoluteError",
    "root_mean_squared_error": "RootMeanSquaredError",
    "r2_score": "R2Score",
    "precision": "Precision",
    "recall": "Recall",
    "auc": "AUC",
    "f1_score": "F1Score",
}
# Those that Keras also knows as strings.
METRIC_STRINGS = frozenset({"accuracy", "mean_squared_error", "mean_absolute_error"}) | {
    name for name in METRICS if name.endswith("_accuracy")
}


def metric(name: str) -> str | None:
    """Canonical metric of a string, function or class name; any loss may serve as one."""
    if name in ("acc", "Accuracy"):
        return "accuracy"
    classes = {spelling: canonical for canonical, spelling in METRICS.items()}
    if name in classes or name in METRICS:
        return classes.get(name, name)
    return loss(name)


# Optimisers


@dataclass(frozen=True, slots=True)
class Optimiser:
    """One optimiser.

    Attributes:
        name: class in keras.optimizers.
        learning_rate: default of `learning_rate`.
        own: keyword parameters it takes beside those all take.
    """

    name: str
    learning_rate: float
    own: tuple[str, ...] = ()

    @property
    def accepts(self) -> frozenset[str]:
        """Keyword parameters it takes; `lr` and `decay` only in older versions."""
        return _OPTIMISER_COMMON | frozenset(self.own)


_OPTIMISER_COMMON = frozenset(
    [
        "learning_rate",
        "lr",
        "weight_decay",
        "clipnorm",
        "clipvalue",
        "global_clipnorm",
        "use_ema",
        "ema_momentum",
        "ema_overwrite_frequency",
        "loss_scale_factor",
        "gradient_accumulation_steps",
        "name",
    ]
)
_ADAM = ("beta_1", "beta_2", "epsilon")
OPTIMISERS = {
    each.name.lower(): each
    for each in (
        Optimiser("Adam", 0.001, (*_ADAM, "amsgrad")),
        Optimiser("SGD", 0.01, ("momentum", "nesterov")),
        Optimiser("RMSprop", 0.001, ("rho", "momentum", "epsilon", "centered")),
        Optimiser("AdamW", 0.001, (*_ADAM, "amsgrad")),
        Optimiser("Nadam", 0.001, _ADAM),
        Optimiser("Adamax", 0.001, _ADAM),
        Optimiser("Adagrad", 0.001, ("initial_accumulator_value", "epsilon")),
        Optimiser("Adadelta", 0.001, ("rho", "epsilon")),
        Optimiser("Ftrl", 0.001, ("learning_rate_power", "initial_accumulator_value", "beta")),
        Optimiser("Lion", 0.001, ("beta_1", "beta_2")),
        Optimiser("Adafactor", 0.001, ("beta_2_decay", "epsilon_1", "epsilon_2", "clip_threshold", "relative_step")),
    )
}
# Default of `optimizer` in Model.compile, and of `batch_size` and `epochs` in Model.fit.
DEFAULT_OPTIMISER, DEFAULT_BATCH_SIZE, DEFAULT_EPOCHS = "rmsprop", 32, 1
# Default factor of the strings and functions "l1" and "l2".
DEFAULT_PENALTY = 0.01


# Layers

Slot = tuple[str, int]
"""A parameter: its name, and its position among positional arguments; -1 if it is looked for by name alone."""

# The initialiser of biases: rarely given by position, which differs from class to class.
BIAS: Slot = ("bias_initializer", -1)


@dataclass(frozen=True, slots=True)
class Layer:
    """What may be changed in a layer class. A slot of None means the class has no such parameter.

    Attributes:
        width: number of outputs. initialiser, regulariser: of the main weights.
        activates, initial: default activation and initialiser.
        bias: whether it has biases that an initialiser draws.
    """

    width: Slot | None
    activation: Slot | None
    initialiser: Slot | None
    regulariser: Slot | None
    activates: str = "linear"
    initial: str = "glorot_uniform"
    bias: bool = True


def _kernel(width: str | None, activation: int, initialiser: int, regulariser: int, prefix: str = "kernel") -> Layer:
    return Layer(
        None if width is None else (width, 0),
        ("activation", activation),
        (f"{prefix}_initializer", initialiser),
        (f"{prefix}_regularizer", regulariser),
    )


_DENSE = _kernel("units", 1, 3, 5)
_CONVOLUTION = _kernel("filters", 7, 9, 11)
_CONV = ("Conv", "Convolution")
_EMBEDDING = Layer(
    ("output_dim", 1), None, ("embeddings_initializer", 2), ("embeddings_regularizer", 3), "", "random_uniform", False
)


def _recurrent(initialiser: int, regulariser: int) -> Layer:
    slots = (("kernel_initializer", initialiser), ("kernel_regularizer", regulariser))
    return Layer(("units", 0), ("activation", 1), *slots, activates="tanh")


LAYERS: dict[str, Layer] = {
    "Dense": _DENSE,
    **{
        f"{name}{n}D{end}": _CONVOLUTION
        for name in ("Conv", "Convolution")
        for n in (1, 2, 3)
        for end in ("", "Transpose")
    },
    **{
        f"Separable{name}{n}D": _kernel("filters", 7, 9, 12, "depthwise")
        for name in ("Conv", "Convolution")
        for n in (1, 2)
    },
    **{f"DepthwiseConv{n}D": _kernel(None, 6, 8, 10, "depthwise") for n in (1, 2)},
    "EinsumDense": _kernel(None, 2, 4, 6),
    "SimpleRNN": _recurrent(3, 6),
    "SimpleRNNCell": _recurrent(3, 6),
    "LSTM": _recurrent(4, 8),
    "LSTMCell": _recurrent(4, 8),
    "GRU": _recurrent(4, 7),
    "GRUCell": _recurrent(4, 7),
    **{
        f"ConvLSTM{n}D": Layer(
            ("filters", 0), ("activation", 6), ("kernel_initializer", 9), ("kernel_regularizer", 13), "tanh"
        )
        for n in (1, 2, 3)
    },
    "Embedding": _EMBEDDING,
}
# Layers with weights beside those above; normalisations are left out, as in the probe.
WEIGHTED = frozenset(LAYERS) | {"MultiHeadAttention", "GroupQueryAttention", "RNN", "Bidirectional", "TimeDistributed"}
DROPOUTS = frozenset(
    {"Dropout", "AlphaDropout", "GaussianDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"}
)
NOT_LAYERS = frozenset({"Input", "InputLayer", "InputSpec", "Layer", "Wrapper"})


def layer_class(dotted: str) -> str:
    """Class name of a layer that a dotted name means, "" otherwise.

    After `from keras.models import *` and `from keras.layers import *` a layer seems to come from `keras.models`.
    """
    found = in_section(dotted, "layers") or in_section(dotted, "models")
    return found if found[:1].isupper() and found not in NOT_LAYERS | {"Sequential", "Model"} else ""


def model_class(dotted: str) -> str:
    """Class name of a model that a dotted name means: "Sequential", "Model", or "" if it is none."""
    name = keras_name(dotted)
    return last(name) if name and last(name) in {"Sequential", "Model", "Functional"} else ""
