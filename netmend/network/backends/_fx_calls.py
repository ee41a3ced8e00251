"""Standard operators as calls of torch's own, for networks that are written as exported programs.

Only what one call (or one with a pad before it) says exactly is here; the rest is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netmend.core.errors import Inexpressible
from netmend.network.backends._base import package
from netmend.network.graph import Array, Node


@dataclass(slots=True)
class Site:
    """Where a call is put, and what it is made from.

    Attributes:
        graph: torch.fx.Graph, with the place of insertion set.
        node: the standard operator. inputs: what its inputs are in the program; None where absent.
        constants: the numbers of those of its inputs that are constants.
    """

    graph: Any
    node: Node
    inputs: list[Any]
    constants: Mapping[int, Array]

    def call(self, name: str, *arguments: Any, **keywords: Any) -> Any:
        """A call of an aten operator, by its name and overload."""
        torch = package("torch", "PyTorch networks")
        operator, _, overload = name.partition(".")
        target = getattr(getattr(torch.ops.aten, operator), overload or "default")
        return self.graph.call_function(target, arguments, keywords)

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute of the node."""
        return self.node.attributes.get(name, default)

    def optional(self, index: int) -> Any:
        """An input, or None."""
        return self.inputs[index] if index < len(self.inputs) else None

    def integers(self, index: int, attribute: str) -> list[int] | None:
        """Settings that newer versions take as an input and older ones as an attribute."""
        if index in self.constants:
            return [int(each) for each in self.constants[index].reshape(-1)]
        if self.optional(index) is not None:
            raise self.refuse(f"with {attribute or 'a setting'} that is computed")
        given = self.get(attribute)
        return None if given is None else [int(each) for each in given]

    def number(self, index: int) -> float | None:
        """A number that is given as an input."""
        return float(self.constants[index]) if index in self.constants else None

    def refuse(self, what: str) -> Inexpressible:
        """The error that no call says this; to be raised."""
        return Inexpressible(
            f"an exported program cannot say {self.node.op} {what}",
            where=f"node {self.node.name!r}",
            hint="write the network as ONNX, or change the module's own code",
        )


def _split_pads(site: Site, rank: int) -> tuple[list[int], list[int]]:
    """Padding on both sides alike, and what must be put on before in the order of `constant_pad_nd`."""
    rule = site.get("auto_pad", "NOTSET")
    if rule not in ("NOTSET", "VALID"):
        raise site.refuse(f"with auto_pad {rule}: give pads")
    pads = list(site.get("pads", [0] * 2 * rank)) if rule == "NOTSET" else [0] * 2 * rank
    if pads[:rank] == pads[rank:]:
        return pads[:rank], []
    return [0] * rank, [each for axis in reversed(range(rank)) for each in (pads[axis], pads[axis + rank])]


def _conv(site: Site) -> Any:
    weight = site.constants.get(1)
    if weight is None:
        raise site.refuse("with a weight that is computed")
    rank = weight.ndim - 2
    both, before = _split_pads(site, rank)
    value = site.call("constant_pad_nd", site.inputs[0], before) if before else site.inputs[0]
    strides, steps = list(site.get("strides", [1] * rank)), list(site.get("dilations", [1] * rank))
    settings = (strides, both, steps, False, [0] * rank, int(site.get("group", 1)))
    return site.call("convolution", value, site.inputs[1], site.optional(2), *settings)


def _transposed_conv(site: Site) -> Any:
    weight = site.constants.get(1)
    if weight is None or site.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID") or site.get("output_shape"):
        raise site.refuse("with a weight that is computed, or padding by name or shape: give pads")
    rank = weight.ndim - 2
    strides, steps, more = (
        list(site.get(name) or [usual] * rank)
        for name, usual in (("strides", 1), ("dilations", 1), ("output_padding", 0))
    )
    pads = list(site.get("pads") or [0] * 2 * rank)
    settings = (strides, [0] * rank, steps, True, more, int(site.get("group", 1)))
    made = site.call("convolution", site.inputs[0], site.inputs[1], site.optional(2), *settings)
    cut = [-each for axis in reversed(range(rank)) for each in (pads[axis], pads[axis + rank])]
    return site.call("constant_pad_nd", made, cut) if any(cut) else made


def _cumsum(site: Site) -> Any:
    if 1 not in site.constants:
        raise site.refuse("along an axis that is computed")
    axis, value = int(site.constants[1]), site.inputs[0]
    value = site.call("flip", value, [axis]) if site.get("reverse", 0) else value
    total = site.call("cumsum", value, axis)
    if site.get("exclusive", 0):
        total = site.call("sub.Tensor", total, value)
    return site.call("flip", total, [axis]) if site.get("reverse", 0) else total


def _slice(site: Site) -> Any:
    begins, ends = site.integers(1, "starts") or [], site.integers(2, "ends") or []
    axes, steps = site.integers(3, "axes") or [*range(len(begins))], site.integers(4, "") or [1] * len(begins)
    if min(steps) < 1:
        raise site.refuse("backwards")
    value = site.inputs[0]
    for axis, *bounds in zip(axes, begins, ends, steps, strict=True):
        value = site.call("slice.Tensor", value, axis, *bounds)
    return value


def _pool(site: Site) -> Any:
    window = list(site.get("kernel_shape"))
    rank = len(window)
    both, before = _split_pads(site, rank)
    strides, ceil = list(site.get("strides", [1] * rank)), bool(site.get("ceil_mode", 0))
    largest, counted = site.node.op == "MaxPool", bool(site.get("count_include_pad", 0))
    if before and not (largest or counted):
        raise site.refuse("with pads that differ and are not counted")
    value = site.inputs[0]
    if before:
        value = site.call("constant_pad_nd", value, before, float("-inf") if largest else 0.0)
    if largest:
        steps = list(site.get("dilations", [1] * rank))
        return site.call(f"max_pool{rank}d", value, window, strides, both, steps, ceil)
    return site.call(f"avg_pool{rank}d", value, window, strides, both, ceil, counted)


def _batch_norm(site: Site) -> Any:
    if site.get("training_mode", 0):
        raise site.refuse("in training mode")
    settings = (False, 0.1, float(site.get("epsilon", 1e-5)), False)
    return site.call("batch_norm", *site.inputs[:5], *settings)


def _layer_norm(site: Site) -> Any:
    if site.get("axis", -1) != -1 and site.constants[1].ndim == 1:
        raise site.refuse("over another axis than the last")
    shape = list(site.constants[1].shape)
    return site.call("layer_norm", site.inputs[0], shape, site.inputs[1], site.optional(2), site.get("epsilon", 1e-5))


def _pad(site: Site) -> Any:
    pads = site.integers(1, "pads") or []
    half = len(pads) // 2
    flat = [each for axis in reversed(range(half)) for each in (pads[axis], pads[axis + half])]
    mode = site.get("mode", "constant")
    if mode == "constant":
        return site.call("constant_pad_nd", site.inputs[0], flat, site.number(2) or 0.0)
    # The other modes of torch pad the last axes alone.
    while flat[-2:] == [0, 0]:
        flat = flat[:-2]
    return site.call("pad", site.inputs[0], flat, {"reflect": "reflect", "edge": "replicate"}[mode])


def _clip(site: Site) -> Any:
    low, high = site.number(1), site.number(2)
    return site.call("clamp", site.inputs[0], site.get("min", low), site.get("max", high))


def _gemm(site: Site) -> Any:
    if site.get("transA", 0) or site.get("alpha", 1.0) != 1.0 or site.get("beta", 1.0) != 1.0:
        raise site.refuse("with alpha, beta or a first matrix turned over")
    weight = site.inputs[1] if site.get("transB", 0) else site.call("permute", site.inputs[1], [1, 0])
    return site.call("linear", site.inputs[0], weight, site.optional(2))


def _gather(site: Site) -> Any:
    if 1 not in site.constants or site.constants[1].ndim != 1:
        raise site.refuse("with places that are computed")
    return site.call("index_select", site.inputs[0], int(site.get("axis", 0)), site.inputs[1])


def _reshape(site: Site) -> Any:
    shape = site.integers(1, "shape") or []
    if 0 in shape:
        if shape.count(0) > 1 or shape[0] != 0 or -1 in shape:
            raise site.refuse("that keeps an axis")
        shape = [-1, *shape[1:]]
    return site.call("reshape", site.inputs[0], shape)


def _resize(site: Site) -> Any:
    scales = [float(each) for each in site.constants.get(2, ())]
    sizes = [int(each) for each in site.constants.get(3, ())]
    way, mode = site.get("coordinate_transformation_mode", "half_pixel"), site.get("mode", "nearest")
    where = ([None, scales[2:]] if scales else [sizes[2:], None]) if len(scales or sizes) == 4 else None
    if where is None:
        raise site.refuse("over other axes than two of space")
    if mode == "linear" and way in ("half_pixel", "pytorch_half_pixel", "align_corners"):
        return site.call("upsample_bilinear2d.vec", site.inputs[0], where[0], way == "align_corners", where[1])
    plain = site.get("cubic_coeff_a", -0.75) == -0.75 and not (site.get("exclude_outside") or site.get("antialias"))
    if mode == "cubic" and plain and way in ("half_pixel", "align_corners"):
        return site.call("upsample_bicubic2d.vec", site.inputs[0], where[0], way == "align_corners", where[1])
    if mode == "nearest" and way == "asymmetric" and site.get("nearest_mode") == "floor":
        return site.call("upsample_nearest2d.vec", site.inputs[0], *where)
    raise site.refuse(f"in the mode {mode!r} with {way!r}")


def _over_axes(name: str) -> Callable[[Site], Any]:
    def call(site: Site) -> Any:
        axes = site.integers(1, "axes")
        if axes is None:
            raise site.refuse("without axes")
        return site.call(name, site.inputs[0], axes, bool(site.get("keepdims", 1)))

    return call


def _plain(name: str, count: int = 1) -> Callable[[Site], Any]:
    return lambda site: site.call(name, *site.inputs[:count])


CALLS: Mapping[str, Callable[[Site], Any]] = {
    "Conv": _conv,
    "ConvTranspose": _transposed_conv,
    "CumSum": _cumsum,
    "Slice": _slice,
    "Max": _plain("maximum", 2),
    "Min": _plain("minimum", 2),
    "MaxPool": _pool,
    "AveragePool": _pool,
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "InstanceNormalization": lambda site: site.call(
        "instance_norm", *site.inputs[:3], None, None, True, 0.1, site.get("epsilon", 1e-5), False
    ),
    "Gemm": _gemm,
    "MatMul": _plain("matmul", 2),
    "Pad": _pad,
    "Clip": _clip,
    "Gather": _gather,
    "Reshape": _reshape,
    "Resize": _resize,
    "Transpose": lambda site: site.call("permute", site.inputs[0], list(site.get("perm"))),
    "Concat": lambda site: site.call("cat", site.inputs, int(site.get("axis", 0))),
    "Softmax": lambda site: site.call("softmax.int", site.inputs[0], int(site.get("axis", -1))),
    "LogSoftmax": lambda site: site.call("log_softmax.int", site.inputs[0], int(site.get("axis", -1))),
    "Gelu": lambda site: site.call("gelu", site.inputs[0], approximate=site.get("approximate", "none")),
    "LeakyRelu": lambda site: site.call("leaky_relu", site.inputs[0], float(site.get("alpha", 0.01))),
    "Elu": lambda site: site.call("elu", site.inputs[0], float(site.get("alpha", 1.0))),
    "ReduceMean": _over_axes("mean.dim"),
    "ReduceSum": _over_axes("sum.dim_IntList"),
    "ReduceMax": _over_axes("amax"),
    "ReduceMin": _over_axes("amin"),
    "Add": _plain("add.Tensor", 2),
    "Sub": _plain("sub.Tensor", 2),
    "Mul": _plain("mul.Tensor", 2),
    "Div": _plain("div.Tensor", 2),
    "PRelu": _plain("prelu", 2),
    **{
        name: _plain(aten)
        for name, aten in {
            "Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "Exp": "exp", "Log": "log", "Sqrt": "sqrt",
            "Neg": "neg", "Abs": "abs", "Erf": "erf", "Floor": "floor", "Ceil": "ceil", "Round": "round",
            "HardSwish": "hardswish", "Softplus": "softplus", "Mish": "mish", "Identity": "alias",
        }.items()
    },
}  # fmt: skip
