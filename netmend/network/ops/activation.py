"""What stands between the layers: functions of single numbers, such as ReLU, GELU and the sigmoid."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from netmend.network.ops._base import Call, Family, Operator


def _clip(call: Call) -> Tensor:
    low, high = call.optional(1), call.optional(2)
    if call.opset < 11:
        return torch.clamp(call[0], call.get("min"), call.get("max"))
    value = call[0] if low is None else torch.maximum(call[0], low.to(call[0].dtype).reshape(()))
    return value if high is None else torch.minimum(value, high.to(call[0].dtype).reshape(()))


def _gelu(call: Call) -> Tensor:
    return functional.gelu(call[0], approximate=call.get("approximate", "none"))


def _elu(call: Call) -> Tensor:
    return functional.elu(call[0], alpha=call.get("alpha", 1.0))


def _selu(call: Call) -> Tensor:
    # The defaults are the constants of the ONNX operator, those of Klambauer et al., NeurIPS 2017, equation 14.
    alpha = call.get("alpha", 1.67326319217681884765625)
    gamma: float = call.get("gamma", 1.05070102214813232421875)
    return gamma * functional.elu(call[0], alpha=alpha)


def _hard_sigmoid(call: Call) -> Tensor:
    return torch.clamp(call.get("alpha", 0.2) * call[0] + call.get("beta", 0.5), 0, 1)


def _prelu(call: Call) -> Tensor:
    return torch.where(call[0] < 0, call[0] * call[1], call[0])


def _celu(call: Call) -> Tensor:
    return functional.celu(call[0], alpha=call.get("alpha", 1.0))


def _thresholded(call: Call) -> Tensor:
    return torch.where(call[0] > call.get("alpha", 1.0), call[0], torch.zeros_like(call[0]))


FAMILY = Family(
    {
        "Relu": Operator(lambda call: torch.relu(call[0])),
        "LeakyRelu": Operator(lambda call: functional.leaky_relu(call[0], call.get("alpha", 0.01))),
        "PRelu": Operator(_prelu),
        "Elu": Operator(_elu),
        "Celu": Operator(_celu),
        "Selu": Operator(_selu),
        "ThresholdedRelu": Operator(_thresholded),
        "Sigmoid": Operator(lambda call: torch.sigmoid(call[0])),
        "HardSigmoid": Operator(_hard_sigmoid),
        "HardSwish": Operator(lambda call: call[0] * torch.clamp(call[0] / 6 + 0.5, 0, 1)),
        "Swish": Operator(lambda call: call[0] * torch.sigmoid(call.get("alpha", 1.0) * call[0])),
        "Tanh": Operator(lambda call: torch.tanh(call[0])),
        "Softplus": Operator(lambda call: functional.softplus(call[0], threshold=100.0)),
        "Softsign": Operator(lambda call: functional.softsign(call[0])),
        "Mish": Operator(lambda call: functional.mish(call[0])),
        "Gelu": Operator(_gelu),
        "Clip": Operator(_clip),
    }
)
