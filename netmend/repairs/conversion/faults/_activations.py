"""Functions of single numbers that stand between layers, with what can be different about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netmend.network.graph import Node

VARIANTS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("Relu", {}),
    ("Sigmoid", {}),
    ("Tanh", {}),
    ("HardSigmoid", {"alpha": 0.2, "beta": 0.5}),
    ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    ("HardSwish", {}),
    ("LeakyRelu", {"alpha": 0.01}),
    ("LeakyRelu", {"alpha": 0.2}),
    ("LeakyRelu", {"alpha": 0.3}),
    ("Elu", {"alpha": 1.0}),
    ("Selu", {}),
    ("Softplus", {}),
    ("Softsign", {}),
    ("Gelu", {}),
    ("Gelu", {"approximate": "tanh"}),
    ("Mish", {}),
)
"""Activations with the defaults of the usual frameworks: ONNX (HardSigmoid 0.2, LeakyRelu 0.01), PyTorch (HardSigmoid
1/6), Keras (LeakyRelu 0.3), TensorFlow (LeakyRelu 0.2). Gelu is an operator since version 20, Mish since 18."""

TFLITE: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("tflite:RELU", {}),
    ("tflite:RELU6", {}),
    ("tflite:RELU_N1_TO_1", {}),
    ("tflite:RELU_0_TO_1", {}),
    ("tflite:LEAKY_RELU", {"alpha": 0.01}),
    ("tflite:LEAKY_RELU", {"alpha": 0.2}),
    ("tflite:LEAKY_RELU", {"alpha": 0.3}),
    ("tflite:ELU", {}),
    ("tflite:LOGISTIC", {}),
    ("tflite:TANH", {}),
    ("tflite:HARD_SWISH", {}),
    ("tflite:GELU", {"approximate": False}),
    ("tflite:GELU", {"approximate": True}),
)
"""Activations of TFLite with the same defaults."""

FUSED = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")
"""What TFLite's operators may apply to their outputs themselves (schema.fbs, ActivationFunctionType), and LiteRT then
does: it takes TANH for NONE in convolutions, sums and pools, not in recurrent layers (own measurement, LiteRT 2.3)."""

UNFUSED = ("tflite:CONCATENATION",)
"""Operators that may state an activation, which LiteRT does not apply (own measurement, LiteRT 2.3)."""

SINCE = {"Gelu": 20, "Mish": 18, "HardSwish": 14}

FITTED = {"LeakyRelu": ("alpha",), "Elu": ("alpha",), "Celu": ("alpha",), "HardSigmoid": ("alpha", "beta"),
          "ThresholdedRelu": ("alpha",), "Swish": ("alpha",), "tflite:LEAKY_RELU": ("alpha",)}  # fmt: skip
"""Attributes that are fitted."""

DEFAULTS = {
    ("LeakyRelu", "alpha"): 0.01,
    ("Elu", "alpha"): 1.0,
    ("Celu", "alpha"): 1.0,
    ("HardSigmoid", "alpha"): 0.2,
    ("HardSigmoid", "beta"): 0.5,
    ("ThresholdedRelu", "alpha"): 1.0,
    ("Swish", "alpha"): 1.0,
    ("tflite:LEAKY_RELU", "alpha"): 0.0,
}
"""As the ONNX specification and TFLite's schema say."""

NAMES = frozenset(op for op, _ in (*VARIANTS, *TFLITE)) | FITTED.keys() | {"Clip", "Selu"}


def variants(node: Node, opset: int) -> Iterator[Node]:
    """The same place in a network with another activation."""
    for op, attributes in TFLITE if node.op.startswith("tflite:") else VARIANTS:
        same = op == node.op and all(
            node.attributes.get(name, DEFAULTS.get((op, name), "none")) == value for name, value in attributes.items()
        )
        if opset >= SINCE.get(op, 0) and (not same or (op == "Gelu" and dict(node.attributes) != dict(attributes))):
            yield Node(node.name, op, node.inputs[:1], node.outputs, attributes)
