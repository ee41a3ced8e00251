"""Sums, products, powers and roots of single numbers, with broadcasting."""

from __future__ import annotations

from functools import reduce

from netmend.network.ops._base import Call, Family, Operator, Rounding
from netmend.network.ops._errors import added, function, largest, quotient, root, stepped, untouched
from netmend.network.tensors import Tensor, torch


def _all(call: Call) -> list[Tensor]:
    return [call[place] for place in range(len(call.inputs))]


def _divide(call: Call) -> Tensor:
    whole = not call[0].is_floating_point()
    return torch.div(call[0], call[1], rounding_mode="trunc" if whole else None)


def _modulo(call: Call) -> Tensor:
    return torch.fmod(call[0], call[1]) if call.get("fmod", 0) else torch.remainder(call[0], call[1])


def _power(call: Call) -> Tensor:
    return torch.pow(call[0], call[1]).to(call[0].dtype)


def _product_errors(rounding: Rounding) -> Tensor:
    left, right = rounding.size(0), rounding.size(1)
    before = rounding.error(0) * right + left * rounding.error(1)
    # Zero and one times a number are not rounded: the lowest number times a mask of ones is what it is.
    plain = (left == 0) | (right == 0) | (left == 1) | (right == 1)
    return before + torch.where(plain & (before == 0), 0, rounding.unit * left * right + rounding.tiny)


def _quotient_errors(rounding: Rounding) -> Tensor | tuple[None, ...]:
    if not rounding.call[0].is_floating_point():
        return untouched(rounding)
    call = rounding.call
    return quotient(call[0], rounding.error(0), call[1], rounding.error(1), rounding.unit) + rounding.tiny


def _power_errors(rounding: Rounding) -> Tensor:
    base, power = rounding.call[0], rounding.call[1].to(rounding.call.dtype)
    if len(rounding.errors) > 1 and rounding.errors[1] is not None:
        raise rounding.refuse("has an exponent with rounding errors")
    error, ends = rounding.error(0), (base.abs() - 2 * rounding.error(0), rounding.size(0))
    if rounding.exact or bool((power == 1).all()):
        slope = torch.ones_like(base)
    else:
        # |x|^p is steepest at one of the two ends of an interval that does not hold zero.
        at_ends = [power.abs() * end.clamp(min=0) ** (power - 1) for end in ends]
        slope = torch.maximum(*at_ends)
        slope = torch.where((ends[0] <= 0) & (power < 1), torch.full_like(slope, torch.inf), slope)
    moved = torch.where(error == 0, error, error * slope)
    # Powers go through an exponential, or a product or two: four times the errors of that.
    return moved + 16 * rounding.unit * (rounding.values[0].abs() + 2 * moved) + rounding.tiny


def _root_errors(rounding: Rounding) -> Tensor:
    return root(rounding.call[0], rounding.error(0), rounding.unit)


def _reciprocal_errors(rounding: Rounding) -> Tensor:
    one = torch.ones_like(rounding.call[0])
    return quotient(one, 0 * one, rounding.call[0], rounding.error(0), rounding.unit)


def _steepest_logarithm(_: Rounding, low: Tensor, high: Tensor) -> Tensor:
    return 1 / low.clamp(min=0)


FAMILY = Family(
    {
        "Add": Operator(lambda call: call[0] + call[1], added),
        "Sub": Operator(lambda call: call[0] - call[1], added),
        "Mul": Operator(lambda call: call[0] * call[1], _product_errors),
        "Div": Operator(_divide, _quotient_errors),
        "Mod": Operator(_modulo),
        "Pow": Operator(_power, _power_errors),
        "Sqrt": Operator(lambda call: torch.sqrt(call[0]), _root_errors),
        "Reciprocal": Operator(lambda call: torch.reciprocal(call[0]), _reciprocal_errors),
        "Neg": Operator(lambda call: -call[0], lambda rounding: rounding.error(0)),
        "Abs": Operator(lambda call: torch.abs(call[0]), lambda rounding: rounding.error(0)),
        "Exp": Operator(lambda call: torch.exp(call[0]), function(lambda _, low, high: high.exp(), relative=1.3)),
        "Log": Operator(lambda call: torch.log(call[0]), function(_steepest_logarithm, relative=3.9)),
        # The slope at zero is 2 / sqrt(pi).
        "Erf": Operator(lambda call: torch.erf(call[0]), function(1.1284, relative=1.4)),
        "Sin": Operator(lambda call: torch.sin(call[0]), function(1.0, absolute=1.4)),
        "Cos": Operator(lambda call: torch.cos(call[0]), function(1.0, absolute=1.4)),
        "Floor": Operator(lambda call: torch.floor(call[0]), stepped),
        "Ceil": Operator(lambda call: torch.ceil(call[0]), stepped),
        "Round": Operator(lambda call: torch.round(call[0]), stepped),
        "Sign": Operator(lambda call: torch.sign(call[0]), stepped),
        "Sum": Operator(lambda call: reduce(torch.add, _all(call)), added),
        "Max": Operator(lambda call: reduce(torch.maximum, _all(call)), largest),
        "Min": Operator(lambda call: reduce(torch.minimum, _all(call)), largest),
    }
)
