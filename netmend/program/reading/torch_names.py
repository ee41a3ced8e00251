"""PyTorch's names for what netmend calls by framework-neutral names, and the defaults of its classes.

Names, argument orders and defaults are those of the PyTorch 2.2 to 2.13 reference (torch.nn, torch.nn.functional,
torch.optim, torch.nn.init); a test compares them with the installed package.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NN, FUNCTIONAL, OPTIM, INIT = "torch.nn", "torch.nn.functional", "torch.optim", "torch.nn.init"


@dataclass(frozen=True, slots=True)
class Activation:
    """One activation.

    Attributes:
        module: class in torch.nn; "" if there is none.
        functions: dotted functions, the one to write first.
        method: method of a tensor; "" if there is none.
        arguments: what must be given beside the input. Class scores are in dimension 1 for every loss of torch.nn.
    """

    module: str
    functions: tuple[str, ...]
    method: str = ""
    arguments: str = ""


def _activation(
    module: str, function: str, method: bool = False, core: bool = False, arguments: str = ""
) -> Activation:
    """`method`: tensors have it and torch itself does; `core`: torch's own function is the one to write."""
    functions = [f"{FUNCTIONAL}.{function}", *([f"torch.{function}"] if method or core else [])]
    return Activation(module, tuple(reversed(functions) if core else functions), function if method else "", arguments)


ACTIVATIONS = {
    "relu": _activation("ReLU", "relu", method=True),
    "sigmoid": _activation("Sigmoid", "sigmoid", method=True, core=True),
    "tanh": _activation("Tanh", "tanh", method=True, core=True),
    "softmax": _activation("Softmax", "softmax", method=True, arguments="dim=1"),
    "log_softmax": _activation("LogSoftmax", "log_softmax", method=True, arguments="dim=1"),
    "leaky_relu": _activation("LeakyReLU", "leaky_relu"),
    "elu": _activation("ELU", "elu"),
    "selu": _activation("SELU", "selu"),
    "gelu": _activation("GELU", "gelu"),
    "silu": _activation("SiLU", "silu"),
    "softplus": _activation("Softplus", "softplus"),
    "softsign": _activation("Softsign", "softsign"),
    "hard_sigmoid": _activation("Hardsigmoid", "hardsigmoid"),
    "hard_silu": _activation("Hardswish", "hardswish"),
    "hard_tanh": _activation("Hardtanh", "hardtanh"),
    "relu6": _activation("ReLU6", "relu6"),
    "celu": _activation("CELU", "celu"),
    "mish": _activation("Mish", "mish"),
    "log_sigmoid": _activation("LogSigmoid", "logsigmoid"),
    "exponential": Activation("", ("torch.exp",), "exp"),
}
MODULE_ACTIVATIONS = {each.module: name for name, each in ACTIVATIONS.items() if each.module} | {
    "Identity": "linear",
    "PReLU": "prelu",
    "Softmax2d": "softmax",
}
FUNCTION_ACTIVATIONS = {function: name for name, each in ACTIVATIONS.items() for function in each.functions}
METHOD_ACTIVATIONS = {each.method: name for name, each in ACTIVATIONS.items() if each.method}

# Inputs and outputs of layers with weights: (parameter, position) of the width that comes in and that goes out.
Width = tuple[str, int]
_DENSE: tuple[Width, Width] = (("in_features", 0), ("out_features", 1))
_CONVOLUTION: tuple[Width, Width] = (("in_channels", 0), ("out_channels", 1))
_RECURRENT: tuple[Width, Width] = (("input_size", 0), ("hidden_size", 1))
_SIZES = ("1d", "2d", "3d")

# Layers that compute a weighted sum, after which an activation is usual.
WEIGHTED_SUMS: dict[str, tuple[Width | None, Width]] = {
    "Linear": _DENSE,
    "Bilinear": (("in1_features", 0), ("out_features", 2)),
    "LazyLinear": (None, ("out_features", 0)),
    **{f"{name}{size}": _CONVOLUTION for name in ("Conv", "ConvTranspose") for size in _SIZES},
    **{f"Lazy{name}{size}": (None, ("out_channels", 0)) for name in ("Conv", "ConvTranspose") for size in _SIZES},
}
WEIGHTED: dict[str, tuple[Width | None, Width]] = WEIGHTED_SUMS | {
    "Embedding": (None, ("embedding_dim", 1)),
    "EmbeddingBag": (None, ("embedding_dim", 1)),
    **{f"{name}{cell}": _RECURRENT for name in ("RNN", "LSTM", "GRU") for cell in ("", "Cell")},
}
# Layers that keep the width and state it.
KEEPERS: dict[str, Width] = {
    **{f"{name}{size}": ("num_features", 0) for name in ("BatchNorm", "InstanceNorm") for size in _SIZES},
    "LayerNorm": ("normalized_shape", 0),
    "RMSNorm": ("normalized_shape", 0),
    "GroupNorm": ("num_channels", 1),
    "SyncBatchNorm": ("num_features", 0),
    "PReLU": ("num_parameters", 0),
}
NORMALISATIONS = frozenset(KEEPERS) - {"PReLU"} | {f"LazyBatchNorm{size}" for size in _SIZES}
DROPOUTS = frozenset({"Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"})
DROPOUT_FUNCTIONS = frozenset(
    f"{FUNCTIONAL}.{name}" for name in ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout")
) | {"torch.dropout"}
# Default of `p` in every class and function of the two sets above.
DROPOUT_RATE = 0.5
# Modules that are built of other modules, so that they are several leaf modules, or an unknown number of them.
COMPOSITES = frozenset(
    {
        "Transformer",
        "TransformerEncoder",
        "TransformerEncoderLayer",
        "TransformerDecoder",
        "TransformerDecoderLayer",
        "AdaptiveLogSoftmaxWithLoss",
    }
)
_NOT_MODULES = frozenset({"Module", "Parameter", "Buffer", "UninitializedParameter", "UninitializedBuffer"})


def module_class(name: str) -> str:
    """Class of torch.nn that a dotted name means, or "": "torch.nn.modules.linear.Linear" is "Linear"."""
    found = re.fullmatch(r"torch\.nn\.(?:modules\.(?:\w+\.)?)?([A-Z]\w*)", name)
    return found.group(1) if found and found.group(1) not in _NOT_MODULES else ""


@dataclass(frozen=True, slots=True)
class Loss:
    """One loss.

    Attributes:
        module: class in torch.nn.
        function: function in torch.nn.functional.
        own: parameters it takes beside `reduction`, which all take.
    """

    module: str
    function: str
    own: tuple[str, ...] = ()


LOSSES = {
    "sparse_categorical_crossentropy(from_logits)": Loss(
        "CrossEntropyLoss", "cross_entropy", ("weight", "ignore_index", "label_smoothing")
    ),
    "negative_log_likelihood": Loss("NLLLoss", "nll_loss", ("weight", "ignore_index")),
    "binary_crossentropy": Loss("BCELoss", "binary_cross_entropy", ("weight",)),
    "binary_crossentropy(from_logits)": Loss(
        "BCEWithLogitsLoss", "binary_cross_entropy_with_logits", ("weight", "pos_weight")
    ),
    "mean_squared_error": Loss("MSELoss", "mse_loss"),
    "mean_absolute_error": Loss("L1Loss", "l1_loss"),
    "huber": Loss("HuberLoss", "huber_loss", ("delta",)),
    "categorical_hinge": Loss("MultiMarginLoss", "multi_margin_loss", ("p", "margin", "weight")),
    "kullback_leibler_divergence": Loss("KLDivLoss", "kl_div", ("log_target",)),
    "poisson": Loss("PoissonNLLLoss", "poisson_nll_loss", ("log_input", "full", "eps")),
}
MODULE_LOSSES = {each.module: name for name, each in LOSSES.items()} | {"SmoothL1Loss": "huber"}
FUNCTION_LOSSES = {each.function: name for name, each in LOSSES.items()} | {"smooth_l1_loss": "huber"}


@dataclass(frozen=True, slots=True)
class Optimiser:
    """One optimiser.

    Attributes:
        name: class in torch.optim.
        learning_rate: default of `lr`.
        own: keyword parameters it takes beside `lr`, `maximize` and, where `decays`, `weight_decay`.
        weight_decay: default of `weight_decay`.
        decays: whether it takes `weight_decay`.
    """

    name: str
    learning_rate: float
    own: tuple[str, ...] = ()
    weight_decay: float = 0.0
    decays: bool = True

    @property
    def accepts(self) -> frozenset[str]:
        """Keyword parameters it takes."""
        return frozenset(("lr", "maximize", *(("weight_decay",) if self.decays else ()), *self.own))


_ADAM = ("betas", "eps", "amsgrad", "foreach", "capturable", "differentiable", "fused")
OPTIMISERS = {
    each.name.lower(): each
    for each in (
        Optimiser("SGD", 1e-3, ("momentum", "dampening", "nesterov", "foreach", "differentiable", "fused")),
        Optimiser("Adam", 1e-3, _ADAM),
        Optimiser("AdamW", 1e-3, _ADAM, weight_decay=0.01),
        Optimiser("RMSprop", 1e-2, ("alpha", "eps", "momentum", "centered", "foreach", "capturable", "differentiable")),
        Optimiser("Adagrad", 1e-2, ("lr_decay", "initial_accumulator_value", "eps", "foreach", "differentiable")),
        Optimiser("Adadelta", 1.0, ("rho", "eps", "foreach", "capturable", "differentiable")),
        Optimiser("Adamax", 2e-3, ("betas", "eps", "foreach", "capturable", "differentiable")),
        Optimiser("NAdam", 2e-3, ("betas", "eps", "momentum_decay", "foreach", "capturable", "differentiable")),
        Optimiser("RAdam", 1e-3, ("betas", "eps", "foreach", "capturable", "differentiable")),
        Optimiser("ASGD", 1e-2, ("lambd", "t0", "foreach", "capturable", "differentiable")),
        Optimiser("Rprop", 1e-2, ("etas", "step_sizes", "foreach", "capturable", "differentiable"), decays=False),
        Optimiser("SparseAdam", 1e-3, ("betas", "eps"), decays=False),
        Optimiser("LBFGS", 1.0, ("max_iter", "tolerance_grad", "history_size", "line_search_fn"), decays=False),
    )
}

# Initialisers: the function of torch.nn.init and what it must be given beside the tensor. `he_*` are written for ReLU
# (gain sqrt 2: He et al., ICCV 2015, equation 10), as Keras means the names.
INITIALISERS = {
    "zeros": ("zeros_", ""),
    "ones": ("ones_", ""),
    "random_normal": ("normal_", "std=0.05"),
    "random_uniform": ("uniform_", "-0.05, 0.05"),
    "truncated_normal": ("trunc_normal_", "std=0.05"),
    "glorot_uniform": ("xavier_uniform_", ""),
    "glorot_normal": ("xavier_normal_", ""),
    "he_uniform": ("kaiming_uniform_", 'nonlinearity="relu"'),
    "he_normal": ("kaiming_normal_", 'nonlinearity="relu"'),
    "orthogonal": ("orthogonal_", ""),
    "identity": ("eye_", ""),
}
