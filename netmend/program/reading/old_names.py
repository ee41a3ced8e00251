"""How earlier versions of Keras, NumPy and scikit-learn called what is called otherwise today.

Renamings are those of the release notes named in `netmend.program.elements.outdated_names`.
"""

from __future__ import annotations

import re

KERAS_1_ARGUMENTS = {
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "border_mode": "padding",
    "subsample": "strides",
    "subsample_length": "strides",
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "pool_length": "pool_size",
    "stride": "strides",
    "bias": "use_bias",
}
"""Arguments of layers in Keras 1 and their names since Keras 2."""

OF_LAYERS = KERAS_1_ARGUMENTS | {
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "atrous_rate": "dilation_rate",
}
OF_FIT = {"nb_epoch": "epochs"}
"""Not `samples_per_epoch` and `nb_val_samples`: they counted rows, where Keras counts batches today."""

DROPPED = frozenset({"workers", "use_multiprocessing", "max_queue_size", "max_q_size"})
"""Arguments of `fit` that belong to the data set in Keras 3."""

METHODS = {"fit_generator": "fit", "evaluate_generator": "evaluate", "predict_generator": "predict"}
BEHIND = {"fit_generator": ("steps_per_epoch", "epochs")} | dict.fromkeys(
    ("evaluate_generator", "predict_generator"), ("steps",)
)
"""What their positional arguments behind the generator are, where other ones stand today."""

MODULES = re.compile(
    r"(?P<layers>.*keras\.layers)\.(core|convolutional|pooling|recurrent|embeddings|normalization|noise|merge|wrappers"
    r"|advanced_activations|local)(\.\w+)?|(?P<utils>.*keras\.utils)\.np_utils|(?P<sklearn>sklearn)\.(cross_validation|"
    r"grid_search)"
)
MOVED = {"layers": "", "utils": "", "sklearn": ".model_selection"}
KEYS = {"acc": "accuracy", "val_acc": "val_accuracy"}
TYPES = {
    **{name: name for name in ("float", "int", "bool", "object", "complex", "str")},
    "long": "int",
    "unicode": "str",
}
"""Of NumPy: other names of Python's own types."""

RENAMED = {"float_": "float64", "complex_": "complex128", "Inf": "inf", "Infinity": "inf", "NaN": "nan"} | {
    "product": "prod",
    "cumproduct": "cumprod",
    "in1d": "isin",
    "alltrue": "all",
    "sometrue": "any",
}
