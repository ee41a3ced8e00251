"""What stands between the layers: functions of single numbers, such as ReLU, GELU and the sigmoid."""

from __future__ import annotations

from netmend.network.ops._base import Call, Family, Operator, Rounding
from netmend.network.ops._errors import FUNCTIONS, beyond, function, largest
from netmend.network.tensors import Tensor, functional, torch


def _clip(call: Call) -> Tensor:
    low, high = call.optional(1), call.optional(2)
    if call.opset < 11:
        return torch.clamp(call[0], call.get("min"), call.get("max"))
    low, high = (None if each is None else each.to(call[0].dtype).reshape(()) for each in (low, high))
    if low is not None and high is not None and not any(each.requires_grad for each in (call[0], low, high)):
        # One pass over the numbers in place of two; gradients at the limits themselves would be others.
        return torch.clamp(call[0], low.item(), high.item())
    value = call[0] if low is None else torch.maximum(call[0], low)
    return value if high is None else torch.minimum(value, high)


def _relu_errors(rounding: Rounding) -> Tensor:
    return beyond(rounding, 0.0, None, rounding.error(0))


def _clip_errors(rounding: Rounding) -> Tensor:
    call, error = rounding.call, largest(rounding)
    low, high = call.optional(1), call.optional(2)
    if any(each is not None for each in rounding.errors[1:]):
        return error
    if call.opset < 11:
        return beyond(rounding, call.get("min"), call.get("max"), error)
    low, high = (None if each is None else each.reshape(()) for each in (low, high))
    return beyond(rounding, low, high, error)


def _gelu(call: Call) -> Tensor:
    return functional.gelu(call[0], approximate=call.get("approximate", "none"))


def _elu(call: Call) -> Tensor:
    return functional.elu(call[0], alpha=call.get("alpha", 1.0))


def _selu(call: Call) -> Tensor:
    # The defaults are the constants of the ONNX operator, those of Klambauer et al., NeurIPS 2017, equation 14.
    alpha = call.get("alpha", 1.67326319217681884765625)
    gamma: float = call.get("gamma", 1.05070102214813232421875)
    return functional.elu(call[0], alpha=alpha) * gamma


def _hard_sigmoid(call: Call) -> Tensor:
    return torch.clamp(call.get("alpha", 0.2) * call[0] + call.get("beta", 0.5), 0, 1)


def _prelu(call: Call) -> Tensor:
    return torch.where(call[0] < 0, call[0] * call[1], call[0])


def _celu(call: Call) -> Tensor:
    return functional.celu(call[0], alpha=call.get("alpha", 1.0))


def _thresholded(call: Call) -> Tensor:
    return torch.where(call[0] > call.get("alpha", 1.0), call[0], torch.zeros_like(call[0]))


def _shrink(call: Call) -> Tensor:
    bias: float = call.get("bias", 0.0)
    limit: float = call.get("lambd", 0.5)
    value = call[0]
    return torch.where(value > limit, value - bias, torch.where(value < -limit, value + bias, torch.zeros_like(value)))


def _swish(call: Call) -> Tensor:
    return call[0] * torch.sigmoid(call[0] * call.get("alpha", 1.0))


def _leaky_errors(rounding: Rounding) -> Tensor:
    steepest: float = max(1.0, abs(rounding.call.get("alpha", 0.01)))
    return rounding.error(0) * steepest + rounding.unit * steepest * rounding.size(0)


def _prelu_errors(rounding: Rounding) -> Tensor:
    steepest = rounding.size(1).clamp(min=1)
    return rounding.error(0) * steepest + rounding.size(0) * (rounding.error(1) + rounding.unit * steepest)


def _elu_errors(rounding: Rounding) -> Tensor:
    alpha: float = abs(rounding.call.get("alpha", 1.0))
    moved = rounding.error(0) * max(1.0, alpha)
    return moved + FUNCTIONS * 1.1 * rounding.unit * (rounding.values[0].abs() + 2 * moved + alpha)


def _hard_sigmoid_errors(rounding: Rounding) -> Tensor:
    # Where it is not cut off, |alpha x| is at most 1 + |beta|, and two roundings follow one another.
    alpha: float = abs(rounding.call.get("alpha", 0.2))
    beta: float = abs(rounding.call.get("beta", 0.5))
    return rounding.error(0) * alpha + rounding.gamma(3) * (1 + 2 * beta)


# Steepest slopes: GELU 1.129 at sqrt 2, SiLU 1.0998 at 2.4, Mish 1.0885 at 1.5, HardSwish 1.5 at 3 (their derivatives).
FAMILY = Family(
    {
        "Relu": Operator(lambda call: torch.relu(call[0]), _relu_errors),
        "LeakyRelu": Operator(lambda call: functional.leaky_relu(call[0], call.get("alpha", 0.01)), _leaky_errors),
        "PRelu": Operator(_prelu, _prelu_errors),
        "Elu": Operator(_elu, _elu_errors),
        "Celu": Operator(_celu, function(1.0, absolute=2.2, relative=1.1)),
        "Selu": Operator(_selu),
        "ThresholdedRelu": Operator(_thresholded),
        "Shrink": Operator(_shrink),
        "Sigmoid": Operator(lambda call: torch.sigmoid(call[0]), function(0.25, absolute=3.0)),
        "HardSigmoid": Operator(_hard_sigmoid, _hard_sigmoid_errors),
        "HardSwish": Operator(lambda call: call[0] * torch.clamp(call[0] / 6 + 0.5, 0, 1), function(1.5, linear=1.0)),
        "Swish": Operator(_swish, function(1.1, linear=5.0)),
        "Tanh": Operator(lambda call: torch.tanh(call[0]), function(1.0, relative=5.3)),
        "Softplus": Operator(
            lambda call: functional.softplus(call[0], threshold=100.0), function(1.0, relative=4.9, absolute=1.0)
        ),
        "Softsign": Operator(lambda call: functional.softsign(call[0]), function(1.0, relative=2.4)),
        "Mish": Operator(lambda call: functional.mish(call[0]), function(1.1, linear=5.0)),
        "Gelu": Operator(_gelu, function(1.13, linear=6.1)),
        "Clip": Operator(_clip, _clip_errors),
    }
)
