"""What all operators of TFLite share: fused activations, grids of integers, padding by name, and a batch left open.

References: the operators are those of TensorFlow Lite's schema and its reference kernels
(tensorflow/lite/kernels/internal/reference). Tensors that are stored as integers of a grid come and go as the real
numbers that they stand for, rounded to that grid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netmend.network.ops._base import Call, Evaluate, Operator
from netmend.network.tensors import Tensor, torch

_FUSED: Mapping[str, Callable[[Tensor], Tensor]] = {
    "NONE": lambda value: value,
    "RELU": torch.relu,
    "RELU_N1_TO_1": lambda value: value.clamp(-1, 1),
    "RELU6": lambda value: value.clamp(0, 6),
    "TANH": torch.tanh,
}


def on_grid(evaluate: Evaluate, fused: bool = True) -> Operator:
    """An operator with its fused activation, unless it applies that itself, whose outputs lie on their grids."""

    def finished(call: Call) -> Tensor | tuple[Tensor, ...]:
        answer = evaluate(call)
        answers = answer if isinstance(answer, tuple) else (answer,)
        return tuple(
            rounded(call, place, activated(call, value) if fused else value) for place, value in enumerate(answers)
        )

    return Operator(finished)


def activated(call: Call, value: Tensor) -> Tensor:
    """What the fused activation makes of a value."""
    kind = call.get("fused_activation_function", "NONE")
    if kind not in _FUSED:
        raise call.refuse(f"with the activation {kind}")
    return _FUSED[kind](value)


def rounded(call: Call, place: int, value: Tensor) -> Tensor:
    """An output on the grid that the file gives for it."""
    outputs = call.node.outputs
    scheme = call.quantisation.get(outputs[place]) if place < len(outputs) else None
    return value if scheme is None or not value.is_floating_point() else scheme.on_grid(value)


def measured(call: Call, value: Tensor, weight: int, whole: bool) -> Tensor:
    """A real input on a grid of 8 bits that fits its rows, where the weights are integers and the output is real.

    LiteRT quantises such inputs as it goes ("dynamic range"): 255 steps from the smallest to the largest number with
    zero on the grid, or 127 steps on each side of zero.

    Args:
        weight: which input holds the weights. whole: the grid need not be the same on both sides of zero.
    """
    scheme = call.scheme(weight)
    quantised_output = call.node.outputs[0] in call.quantisation
    if scheme is None or quantised_output or call.scheme(0) is not None or scheme.dtype not in ("int8", "uint8"):
        return value
    rows = value.reshape(value.shape[0], -1)
    if whole:
        low, high = rows.amin(1).clamp(max=0), rows.amax(1).clamp(min=0)
        step = (high - low) / 255
        zero = torch.round(-128 - low / torch.where(step == 0, 1, step))
        lowest, highest = -128 - zero, 127 - zero
    else:
        step = rows.abs().amax(1) / 127
        lowest, highest = torch.full_like(step, -127), torch.full_like(step, 127)
    step = torch.where(step == 0, 1, step)
    steps = rows / step[:, None]
    nearest = torch.sign(steps) * torch.floor(steps.abs() + 0.5)
    limited = torch.minimum(torch.maximum(nearest, lowest[:, None]), highest[:, None])
    return (limited * step[:, None]).reshape(value.shape)


def same_padding(size: int, window: int, stride: int, step: int = 1) -> tuple[int, int]:
    """What SAME puts before and after an axis: the odd one comes after (tensorflow/lite/kernels/padding.h)."""
    total = max(0, (-(-size // stride) - 1) * stride + (window - 1) * step + 1 - size)
    return total // 2, total - total // 2


def pads_of(
    call: Call, sizes: tuple[int, int], window: tuple[int, int], strides: tuple[int, int], steps: tuple[int, int]
) -> list[int]:
    """Padding of height and width in the order of `torch.nn.functional.pad`: left, right, top, bottom."""
    rule = call.get("padding", "SAME")
    if rule == "VALID":
        return [0, 0, 0, 0]
    if rule != "SAME":
        raise call.refuse(f"with the padding {rule}")
    (top, bottom), (left, right) = (same_padding(*each) for each in zip(sizes, window, strides, steps, strict=True))
    return [left, right, top, bottom]


def open_batch(shape: list[int], count: int) -> list[int]:
    """A shape that was written down for a batch of one, for as many numbers as there are."""
    if -1 in shape or not shape or shape[0] != 1:
        return shape
    rest = 1
    for size in shape[1:]:
        rest *= size
    return [count // rest, *shape[1:]] if rest and count % rest == 0 else shape


def listed(value: Tensor) -> list[int]:
    """Integers that an operator takes as an input."""
    return [int(number) for number in value.reshape(-1).tolist()]


def images_first(value: Tensor) -> Tensor:
    """Rows, height, width, channels to rows, channels, height, width."""
    return value.permute(0, 3, 1, 2)


def channels_last(value: Tensor) -> Tensor:
    """The other way round."""
    return value.permute(0, 2, 3, 1)
