"""What operators and their options are called in TFLite's schema, and how they are told from numbers in a file.

References: schema.fbs of TensorFlow Lite (tensorflow/compiler/mlir/lite/schema/schema.fbs); the classes are those that
ai-edge-litert generates from it. Options keep their names of the schema ("stride_w"), enumerations theirs ("SAME").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from netmend.core.errors import UnsupportedModel
from netmend.network.backends._base import package

# Fields of options that hold a number of an enumeration.
_ENUMERATIONS = {
    "padding": "Padding",
    "fused_activation_function": "ActivationFunctionType",
    "mode": "MirrorPadMode",
    "in_data_type": "TensorType",
    "out_data_type": "TensorType",
    "out_type": "TensorType",
    "output_type": "TensorType",
    "quantized_bias_type": "TensorType",
    "weights_format": "FullyConnectedOptionsWeightsFormat",
    "kernel_type": "LSTMKernelType",
}
# Operators whose options are not named after them.
_SHARED = {
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"), "Pool2DOptions"),
    **dict.fromkeys(
        ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "REDUCE_ANY", "REDUCE_ALL"), "ReducerOptions"
    ),
    **dict.fromkeys(("MAXIMUM", "MINIMUM"), "MaximumMinimumOptions"),
    "CONV_3D_TRANSPOSE": "Conv3DOptions",
    "L2_NORMALIZATION": "L2NormOptions",
    "UNIDIRECTIONAL_SEQUENCE_RNN": "SequenceRNNOptions",
}
STATES: Mapping[str, tuple[int, ...]] = {
    "tflite:UNIDIRECTIONAL_SEQUENCE_LSTM": (18, 19),
    "tflite:UNIDIRECTIONAL_SEQUENCE_RNN": (4,),
}
"""Inputs of recurrent operators in which the runtime keeps what it remembers: zeros at first."""

FIRST_VERSION: Mapping[str, int] = {"BROADCAST_TO": 2}
"""The oldest version that LiteRT 2.3 knows of an operator, where that is not 1."""

TYPES: Mapping[str, str] = {
    "FLOAT32": "float32", "FLOAT16": "float16", "BFLOAT16": "bfloat16", "FLOAT64": "float64", "BOOL": "bool",
    "INT8": "int8", "INT16": "int16", "INT32": "int32", "INT64": "int64", "INT4": "int8",
    "UINT8": "uint8", "UINT16": "uint16", "UINT32": "uint32", "UINT64": "uint64",
}  # fmt: skip
"""NumPy type names of the types that tensors may have here; integers of four bits take a byte each in memory."""


def schema() -> Any:
    """The generated classes.

    Raises:
        EnvironmentFault: ai-edge-litert is not installed.
    """
    return package("ai_edge_litert.schema_py_generated", "TFLite files")


@cache
def names_of(enumeration: str) -> Mapping[int, str]:
    """The names of an enumeration by their numbers."""
    return {value: name for name, value in vars(getattr(schema(), enumeration)).items() if isinstance(value, int)}


@cache
def numbers_of(enumeration: str) -> Mapping[str, int]:
    """The numbers of an enumeration by their names."""
    return {name: value for value, name in names_of(enumeration).items()}


def attributes_of(options: Any) -> dict[str, Any]:
    """Options of an operator as attributes: numbers, strings, and lists of numbers."""
    found: dict[str, Any] = {}
    for field, value in vars(options).items() if options is not None else ():
        name = re.sub(r"(?<!^)([A-Z])", r"_\1", field).lower()
        if name in _ENUMERATIONS and isinstance(value, int):
            found[name] = names_of(_ENUMERATIONS[name]).get(value, str(value))
        elif isinstance(value, np.ndarray | list):
            found[name] = [each.item() if isinstance(each, np.generic) else each for each in value]
        elif isinstance(value, bool | int | float | bytes):
            found[name] = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return found


def set_option(options: Any, name: str, value: Any) -> None:
    """Set an option by its name of the schema; None sets its default.

    Raises:
        KeyError: the operator has no such option, or the enumeration no such name.
    """
    field = re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)
    if options is None or field not in vars(options):
        raise KeyError(name)
    if value is None:
        value = vars(type(options)())[field]
    elif name in _ENUMERATIONS and isinstance(value, str):
        value = numbers_of(_ENUMERATIONS[name])[value]
    setattr(options, field, value)


@cache
def _options_by_letters() -> Mapping[str, str]:
    return {name.lower(): name for name in numbers_of("BuiltinOptions")}


def options_name(op: str) -> str:
    """The name of the options that a built-in operator takes; "NONE" if it takes none."""
    letters = op.replace("_", "").lower() + "options"
    return _SHARED.get(op) or _options_by_letters().get(letters, "NONE")


def operator_name(code: Any) -> str:
    """The name of an operator code as nodes bear it: "tflite:CONV_2D", or "tflite:CUSTOM/name"."""
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    name = names_of("BuiltinOperator").get(number)
    if name is None:
        raise UnsupportedModel(
            f"the network uses the TFLite operator with number {number}, which this version of LiteRT does not know",
            hint="install a newer ai-edge-litert",
        )
    custom = (code.customCode or b"?").decode("utf-8", "replace") if name == "CUSTOM" else ""
    return f"tflite:{name}/{custom}" if custom else f"tflite:{name}"
