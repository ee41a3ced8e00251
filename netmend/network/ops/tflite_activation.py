"""TFLite's functions of single numbers and of rows of them, and the way between real numbers and grids."""

from __future__ import annotations

from netmend.network.ops._base import Call, Evaluate, Family
from netmend.network.ops._tflite import on_grid
from netmend.network.tensors import Tensor, functional, torch


def _prelu(call: Call) -> Tensor:
    return torch.where(call[0] < 0, call[0] * call[1], call[0])


def _gelu(call: Call) -> Tensor:
    return functional.gelu(call[0], approximate="tanh" if call.get("approximate", False) else "none")


def _unit_length(call: Call) -> Tensor:
    # The least length is that of the reference kernel (reference/l2normalization.h).
    length: Tensor = call[0].square().sum(-1, keepdim=True).sqrt().clamp(min=1e-6)
    return call[0] / length


def _local_response(call: Call) -> Tensor:
    radius = call.get("radius", 0)
    squares = functional.pad(call[0].square(), [radius, radius])
    sums = squares.unfold(-1, 2 * radius + 1, 1).sum(-1)
    base: Tensor = (call.get("bias", 0.0) + call.get("alpha", 0.0) * sums) ** call.get("beta", 0.0)
    return call[0] / base


def _fake_quantised(call: Call) -> Tensor:
    """The range is moved so that zero lies on the grid (Jacob et al. 2018, section 3)."""
    low, high = float(call.get("min", 0.0)), float(call.get("max", 0.0))
    lowest = 1 if call.get("narrow_range", False) else 0
    highest: int = 2 ** call.get("num_bits", 8) - 1
    scale = (high - low) / (highest - lowest)
    zero = min(max(round(lowest - low / scale), lowest), highest)
    steps: Tensor = torch.round(call[0].clamp((lowest - zero) * scale, (highest - zero) * scale) / scale)
    return steps * scale


_BY_NAME: dict[str, Evaluate] = {
    "RELU": lambda call: torch.relu(call[0]),
    "RELU6": lambda call: call[0].clamp(0, 6),
    "RELU_N1_TO_1": lambda call: call[0].clamp(-1, 1),
    "RELU_0_TO_1": lambda call: call[0].clamp(0, 1),
    "LEAKY_RELU": lambda call: functional.leaky_relu(call[0], call.get("alpha", 0.0)),
    "PRELU": _prelu,
    "ELU": lambda call: functional.elu(call[0]),
    "LOGISTIC": lambda call: torch.sigmoid(call[0]),
    "TANH": lambda call: torch.tanh(call[0]),
    "HARD_SWISH": lambda call: call[0] * torch.clamp(call[0] / 6 + 0.5, 0, 1),
    "GELU": _gelu,
    "SOFTMAX": lambda call: torch.softmax(call[0] * call.get("beta", 1.0), -1),
    "LOG_SOFTMAX": lambda call: torch.log_softmax(call[0], -1),
    "L2_NORMALIZATION": _unit_length,
    "LOCAL_RESPONSE_NORMALIZATION": _local_response,
    "QUANTIZE": lambda call: call[0],
    "DEQUANTIZE": lambda call: call[0].to(call.dtype),
    "FAKE_QUANT": _fake_quantised,
}

FAMILY = Family({f"tflite:{name}": on_grid(evaluate) for name, evaluate in _BY_NAME.items()})
