"""Numbers brought to mean zero and variance one, over a batch seen in training, a layer, a group or an image."""

from __future__ import annotations

from collections.abc import Callable

from netmend.network.ops._base import Call, Family, Operator, Rounding
from netmend.network.ops._errors import quotient, root
from netmend.network.tensors import Tensor, torch

EPSILON = 1e-5
"""What the ONNX operators add to a variance where nothing else is said."""


def _batch(call: Call) -> Tensor:
    if len([name for name in call.node.outputs if name]) > 1:
        raise call.refuse("with new statistics as outputs")
    value, scale, shift, mean, variance = (call[place] for place in range(5))
    if call.get("training_mode", 0):
        others = [axis for axis in range(value.ndim) if axis != 1]
        mean, variance = value.mean(others), value.var(others, unbiased=False)
    factor = scale / torch.sqrt(variance + call.get("epsilon", EPSILON))
    # One pass over the numbers and not three; the error of either way is covered below.
    return torch.addcmul(_channels(shift - mean * factor, value), value, _channels(factor, value))


def _batch_errors(rounding: Rounding) -> Tensor:
    value, scale, shift, mean, variance = (rounding.call[place] for place in range(5))
    if any(error is not None for error in rounding.errors[1:]):
        raise rounding.refuse("has statistics that are not stored exactly")
    if rounding.call.get("training_mode", 0):
        raise rounding.refuse("is in training mode")
    factor = _channels(scale.abs() / torch.sqrt(variance + rounding.call.get("epsilon", EPSILON)), value)
    # Nine roundings cover both the formula as it is written and factor and shift computed beforehand.
    sizes = factor * (rounding.size(0) + _channels(mean.abs(), value)) + _channels(shift.abs(), value)
    return factor * rounding.error(0) + rounding.gamma(9) * sizes + rounding.tiny


Shape = Callable[[Call], list[int]]
Spread = Callable[[Call, Tensor], Tensor]


def _normalised(shape: Shape, spread: Spread, centred: bool) -> Operator:
    """An operator that normalises the last axis of its input in some shape, then scales and shifts.

    Args:
        shape: the input with everything that is normalised together along the last axis.
        spread: scale or shift in a shape that fits the input.
        centred: whether the mean is taken away.
    """

    def evaluate(call: Call) -> Tensor:
        if len([name for name in call.node.outputs if name]) > 1:
            raise call.refuse("with mean or deviation as outputs")
        rows = call[0].reshape(shape(call))
        middle = rows - rows.mean(-1, keepdim=True) if centred else rows
        normal = middle / torch.sqrt((middle * middle).mean(-1, keepdim=True) + call.get("epsilon", EPSILON))
        scaled = normal.reshape(call[0].shape) * spread(call, call[1])
        shift = call.optional(2)
        return scaled if shift is None else scaled + spread(call, shift)

    def errors(rounding: Rounding) -> Tensor:
        call = rounding.call
        rows, error = (each.reshape(shape(call)) for each in (call[0], rounding.error(0)))
        normal, normal_error = _normal_errors(rounding, rows, error, centred)
        normal, normal_error = (each.reshape(call[0].shape) for each in (normal, normal_error))
        size, scale = normal.abs() + 2 * normal_error, spread(call, rounding.size(1))
        answer = normal_error * scale + size * (spread(call, rounding.error(1)) + rounding.gamma(2) * scale)
        if call.optional(2) is None:
            return answer
        return answer + spread(call, rounding.error(2) + rounding.gamma(1) * rounding.size(2))

    return Operator(evaluate, errors)


def _normal_errors(rounding: Rounding, rows: Tensor, error: Tensor, centred: bool) -> tuple[Tensor, Tensor]:
    """Normalised rows and their errors, whichever of the two usual formulas of the variance a runtime uses.

    They are the mean of (x - m)^2 and the mean of x^2 less m^2. Both sum n terms; the second is the less exact.
    """
    count = rows.shape[-1]
    epsilon, gamma = rounding.call.get("epsilon", EPSILON), rounding.gamma(count + 3)
    middle, middle_error, by_squares = rows, error, torch.zeros_like(rows[..., :1])
    if centred:
        mean = rows.mean(-1, keepdim=True)
        mean_error = _mean(error) + gamma * _mean(rows.abs() + 2 * error)
        middle = rows - mean
        middle_error = error + mean_error
        middle_error = middle_error + rounding.unit * (middle.abs() + 2 * middle_error)
        by_squares = _square_errors(rows, error, gamma) + _square_errors(mean, mean_error, gamma)
    variance = _mean(middle * middle)
    variance_error = torch.maximum(_square_errors(middle, middle_error, gamma), by_squares)
    variance_error = variance_error + rounding.gamma(2) * (variance + 2 * variance_error + epsilon)
    bottom = torch.sqrt(variance + epsilon)
    bottom_error = root(variance + epsilon, variance_error, rounding.unit)
    # Dividing, or multiplying by the reciprocal, which rounds once more.
    answer = quotient(middle, middle_error, bottom, bottom_error, 2 * rounding.unit)
    return middle / bottom, answer + rounding.tiny


def _square_errors(value: Tensor, error: Tensor, gamma: float) -> Tensor:
    """Error of the mean of squares along the last axis."""
    return _mean(error * (2 * value.abs() + 3 * error) + gamma * (value.abs() + 2 * error) ** 2)


def _mean(value: Tensor) -> Tensor:
    return value.mean(-1, keepdim=True)


def _channels(value: Tensor, like: Tensor) -> Tensor:
    return value.reshape(-1, *[1] * (like.ndim - 2))


def _from_axis(call: Call) -> list[int]:
    shape = list(call[0].shape)
    return [*shape[: call.get("axis", -1)], -1]


def _by_channel(call: Call) -> list[int]:
    return [*call[0].shape[:2], -1]


def _by_group(call: Call) -> list[int]:
    return [call[0].shape[0], int(call.get("num_groups")), -1]


def _per_entry(call: Call, value: Tensor) -> Tensor:
    return value


def _per_channel(call: Call, value: Tensor) -> Tensor:
    # Until version 20 a group had one scale for all its channels.
    return _channels(value.repeat_interleave(call[0].shape[1] // value.numel()), call[0])


def _to_length_one(call: Call) -> Tensor:
    length = torch.linalg.vector_norm(call[0], ord=call.get("p", 2), dim=call.get("axis", -1), keepdim=True)
    return torch.where(length == 0, 0.0, call[0] / length)


FAMILY = Family(
    {
        "LpNormalization": Operator(_to_length_one),
        "BatchNormalization": Operator(_batch, _batch_errors),
        "LayerNormalization": _normalised(_from_axis, _per_entry, centred=True),
        "RMSNormalization": _normalised(_from_axis, _per_entry, centred=False),
        "InstanceNormalization": _normalised(_by_channel, _per_channel, centred=True),
        "GroupNormalization": _normalised(_by_group, _per_channel, centred=True),
    }
)
