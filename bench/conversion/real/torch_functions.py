"""PyTorch modules of the battery: functions of tensors, integers, and small networks of several layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from bench.conversion.real.inputs import Taken, normal, positive, signed, unit, whole

if TYPE_CHECKING:
    from bench.conversion.real.torch_layers import Made

IMAGE, VECTOR, STEPS = normal(4, 9, 8), normal(6), normal(5, 6)


def Function(act: Callable[..., Any], made: Any = None) -> Any:  # noqa: N802 - stands for a class that torch brings
    """A module that computes a function, of an inner module where there is one."""
    import torch

    class Acting(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.made = made

        def forward(self, *values: Any) -> Any:
            return act(self.made, *values)

    return Acting()


def First(made: Any) -> Any:  # noqa: N802
    """A module that gives the first of what another gives."""
    return Function(lambda inner, *values: inner(*values)[0], made)


def functions() -> Iterator[Made]:
    """All of them."""
    for part in (_pointwise, _reductions, _shapes, _integers, _products, _resizes):
        for name, act, taken in part():
            yield name, lambda act=act: Function(lambda _, *values: act(*values)), taken  # type: ignore[misc]
    yield from _networks()


Acted = tuple[str, Callable[..., Any], tuple[Taken, ...]]


def _pointwise() -> Iterator[Acted]:
    import torch
    from torch.nn import functional

    for name in ("exp", "abs", "neg", "sin", "cos", "atan", "erf", "floor", "ceil", "round", "sign", "square", "expm1",
                 "trunc", "frac", "sinh", "cosh", "asinh", "isnan", "logical_not"):  # fmt: skip
        yield f"fn-{name}", lambda x, name=name: getattr(torch, name)(2 * x).to(x.dtype), (VECTOR,)
    for name in ("log", "log2", "log10", "log1p", "sqrt", "rsqrt", "reciprocal"):
        yield f"fn-{name}", getattr(torch, name), (positive(6),)
    yield "fn-erfc", torch.special.erfc, (VECTOR,)
    yield "fn-round-decimals", lambda x: torch.round(x, decimals=1), (VECTOR,)
    yield "fn-pow-2", lambda x: x**2, (VECTOR,)
    yield "fn-pow-3", lambda x: x**3, (VECTOR,)
    yield "fn-pow-fraction", lambda x: x**0.7, (positive(6),)
    yield "fn-pow-tensor", lambda x, y: x**y, (positive(6), normal(6))
    yield "fn-clamp", lambda x: torch.clamp(x, -0.5, 0.8), (VECTOR,)
    yield "fn-clamp-min", lambda x: x.clamp(min=0.2), (VECTOR,)
    yield "fn-div", lambda x, y: x / y, (VECTOR, positive(6))
    yield "fn-div-floor", lambda x, y: torch.div(x, y, rounding_mode="floor"), (normal(6), unit(6))
    yield "fn-div-trunc", lambda x, y: torch.div(x, y, rounding_mode="trunc"), (normal(6), unit(6))
    yield "fn-remainder", lambda x, y: torch.remainder(x, y), (normal(6), unit(6))
    yield "fn-fmod", lambda x, y: torch.fmod(x, y), (normal(6), unit(6))
    yield "fn-maximum", torch.maximum, (VECTOR, normal(6))
    yield "fn-atan2", torch.atan2, (VECTOR, normal(6))
    yield "fn-lerp", lambda x, y: torch.lerp(x, y, 0.3), (VECTOR, normal(6))
    yield "fn-addcmul", lambda x, y: torch.addcmul(x, x, y, value=0.5), (VECTOR, normal(6))
    yield "fn-addcdiv", lambda x, y: torch.addcdiv(x, x, y, value=0.5), (VECTOR, positive(6))
    yield "fn-where", lambda x, y: torch.where(x > y, x, 2 * y), (VECTOR, normal(6))
    yield "fn-masked-fill", lambda x: x.masked_fill(x < 0.1, -3.0), (VECTOR,)
    yield "fn-nan-to-num", lambda x: torch.nan_to_num(x / (x > 0), nan=0.5, posinf=2.0, neginf=-2.0), (VECTOR,)
    yield "fn-broadcast", lambda x, y: x[:, :, None] * y[:, None, :], (VECTOR, normal(5))
    yield "fn-normalize", lambda x: functional.normalize(x, dim=1), (IMAGE,)
    yield "fn-normalize-eps", lambda x: functional.normalize(0.01 * x, dim=1, eps=0.05), (IMAGE,)
    yield "fn-softmax-scaled", lambda x: torch.softmax(3 * x, 2), (STEPS,)
    yield "fn-logaddexp", torch.logaddexp, (VECTOR, normal(6))
    yield "fn-heaviside", lambda x: torch.heaviside(x, torch.tensor(0.5)), (VECTOR,)
    yield "fn-copysign", torch.copysign, (VECTOR, normal(6))
    yield "fn-hypot", torch.hypot, (VECTOR, normal(6))


def _reductions() -> Iterator[Acted]:
    import torch

    for name in ("sum", "mean", "prod", "amax", "amin", "logsumexp"):
        yield f"red-{name}", lambda x, name=name: getattr(torch, name)(x, 1), (IMAGE,)
        yield f"red-{name}-last-kept", lambda x, name=name: getattr(torch, name)(x, -1, keepdim=True), (IMAGE,)
    yield "red-mean-two-axes", lambda x: x.mean((2, 3)), (IMAGE,)
    yield "red-var", lambda x: x.var(1), (IMAGE,)
    yield "red-var-biased", lambda x: x.var(2, unbiased=False), (IMAGE,)
    yield "red-std", lambda x: x.std((2, 3), keepdim=True), (IMAGE,)
    yield "red-norm-2", lambda x: torch.linalg.vector_norm(x, 2, dim=1), (IMAGE,)
    yield "red-norm-1", lambda x: torch.linalg.vector_norm(x, 1, dim=-1), (IMAGE,)
    yield "red-norm-inf", lambda x: torch.linalg.vector_norm(x, float("inf"), dim=1), (IMAGE,)
    yield "red-argmax", lambda x: x.argmax(1), (IMAGE,)
    yield "red-argmin-last", lambda x: x.argmin(-1, keepdim=True), (IMAGE,)
    yield "red-max-values", lambda x: x.max(2)[0], (IMAGE,)
    yield "red-median", lambda x: x.median(1)[0], (VECTOR,)
    yield "red-cumsum", lambda x: x.cumsum(1), (IMAGE,)
    yield "red-cumprod", lambda x: x.cumprod(1), (VECTOR,)
    yield "red-topk", lambda x: x.topk(3, 1)[0], (VECTOR,)
    yield "red-topk-smallest", lambda x: x.topk(2, 1, largest=False)[0], (VECTOR,)
    yield "red-sort", lambda x: x.sort(1, descending=True)[0], (VECTOR,)
    yield "red-argsort", lambda x: x.argsort(1), (VECTOR,)
    yield "red-any", lambda x: (x > 1).any(1), (VECTOR,)
    yield "red-all", lambda x: (x > -1).all(1).float(), (VECTOR,)
    yield "red-count", lambda x: (x > 0).sum(1), (VECTOR,)


def _shapes() -> Iterator[Acted]:
    import torch

    yield "shape-reshape", lambda x: x.reshape(x.shape[0], 8, -1), (IMAGE,)
    yield "shape-permute", lambda x: x.permute(0, 2, 3, 1), (IMAGE,)
    yield "shape-transpose", lambda x: x.transpose(1, 3), (IMAGE,)
    yield "shape-transpose-reshape", lambda x: x.permute(0, 2, 1, 3).reshape(x.shape[0], -1), (IMAGE,)
    yield "shape-concat", lambda x, y: torch.cat([x, y], 1), (VECTOR, normal(4))
    yield "shape-concat-rows", lambda x: torch.cat([x, 2 * x], 2), (IMAGE,)
    yield "shape-stack", lambda x: torch.stack([x, -x], 1), (STEPS,)
    yield "shape-split", lambda x: torch.split(x, [1, 3], 1)[1] * 2, (IMAGE,)
    yield "shape-chunk", lambda x: torch.cat(torch.chunk(x, 3, 1)[::-1], 1), (VECTOR,)
    yield "shape-slice", lambda x: x[:, 1:3, ::2, -4:], (IMAGE,)
    yield "shape-slice-step", lambda x: x[:, :, 1::3, ::2], (IMAGE,)
    yield "shape-index", lambda x: x[:, 2], (IMAGE,)
    yield "shape-index-list", lambda x: x[:, [3, 0, 1]], (IMAGE,)
    yield "shape-index-negative", lambda x: x[:, torch.tensor([-1, -3])], (VECTOR,)
    yield "shape-index-select", lambda x: torch.index_select(x, 2, torch.tensor([0, 2, 5])), (IMAGE,)
    yield "shape-gather", lambda x, i: torch.gather(x, 1, i), (VECTOR, whole(3, below=6))
    yield "shape-gather-last", lambda x, i: torch.gather(x, 2, i), (STEPS, whole(5, 2, below=6))
    yield "shape-flip", lambda x: x.flip(2), (IMAGE,)
    yield "shape-flip-two", lambda x: x.flip((1, 3)), (IMAGE,)
    yield "shape-roll", lambda x: torch.roll(x, 2, 2), (IMAGE,)
    yield "shape-roll-two", lambda x: torch.roll(x, (1, -2), (1, 3)), (IMAGE,)
    yield "shape-expand", lambda x: x[:, :, None].expand(-1, -1, 3), (VECTOR,)
    yield "shape-repeat", lambda x: x.repeat(1, 2, 1, 3), (IMAGE,)
    yield "shape-repeat-interleave", lambda x: x.repeat_interleave(2, 1), (VECTOR,)
    yield "shape-squeeze", lambda x: x.unsqueeze(1).squeeze(1).unsqueeze(-1), (VECTOR,)
    yield "shape-tril", lambda x: torch.tril(x), (normal(5, 5),)
    yield "shape-triu-above", lambda x: torch.triu(x, 1), (normal(5, 6),)
    yield "shape-triu-below", lambda x: torch.triu(x, -2), (normal(5, 6),)
    yield "shape-diagonal", lambda x: torch.diagonal(x, 0, 1, 2), (normal(5, 6),)
    yield "shape-diag-offset", lambda x: torch.diagonal(x, 1, 1, 2), (normal(5, 6),)
    yield "shape-unbind", lambda x: x.unbind(1)[2] + x.unbind(1)[0], (IMAGE,)
    yield "shape-one-hot", lambda x: torch.nn.functional.one_hot(x, 7).float(), (whole(4, below=7),)
    yield "shape-scatter", lambda x, i: torch.zeros_like(x).scatter(1, i, x[:, :1]), (VECTOR, whole(1, below=6))
    yield "shape-scatter-add", lambda x, i: torch.zeros_like(x).scatter_add(1, i, x), (VECTOR, whole(6, below=6))
    yield "shape-index-put", _put, (IMAGE,)
    yield "shape-assign-slice", _assigned, (IMAGE,)
    yield "shape-tensor-split", lambda x: torch.tensor_split(x, 4, 1)[1], (normal(10),)
    yield "shape-unfold", lambda x: x.unfold(1, 3, 2), (normal(9),)
    yield "shape-movedim", lambda x: torch.movedim(x, 1, -1), (IMAGE,)
    yield "shape-rot90", lambda x: torch.rot90(x, 1, (2, 3)), (IMAGE,)


def _put(x: Any) -> Any:
    made = x.clone()
    made[:, 1] = 0.5 * x[:, 0]
    return made


def _assigned(x: Any) -> Any:
    made = x.clone()
    made[:, :, 1:4, ::2] = -1.0
    return made


def _integers() -> Iterator[Acted]:
    import torch

    left, right = signed(6, below=40), signed(6, below=9)
    yield "int-floor-divide", lambda x, y: torch.div(x, y, rounding_mode="floor"), (left, right)
    yield "int-trunc-divide", lambda x, y: torch.div(x, y, rounding_mode="trunc"), (left, right)
    yield "int-true-divide", lambda x, y: x / y, (left, right)
    yield "int-floor-by-constant", lambda x: x // 4, (left,)
    yield "int-remainder", lambda x, y: x % y, (left, right)
    yield "int-remainder-constant", lambda x: x % 5, (left,)
    yield "int-fmod", lambda x, y: torch.fmod(x, y), (left, right)
    yield "int-to-float", lambda x: x.float() * 0.5, (left,)
    yield "int-from-float", lambda x: (3 * x).to(torch.int64), (VECTOR,)
    yield "int-from-float-32", lambda x: (3 * x).int().float(), (VECTOR,)
    yield "int-mean", lambda x: x.float().mean(1), (left,)
    yield "int-abs-sign", lambda x: x.abs() * x.sign(), (left,)
    yield "int-shift-left", lambda x: x << 2, (left,)
    yield "int-shift-right", lambda x: x >> 2, (left,)
    yield "int-bitwise", lambda x, y: (x & y) | (x ^ 3), (left, right)
    yield "int-pow", lambda x: x**2, (left,)
    yield "int-cumsum", lambda x: x.cumsum(1), (left,)
    yield "int-clamp", lambda x: x.clamp(-5, 9), (left,)
    yield "int-where", lambda x, y: torch.where(x > y, x, y), (left, right)
    yield "int-large-product", lambda x: x * 300_000_000_007 % 1_000_003, (left,)
    yield "int-equal", lambda x, y: (x == y).float(), (whole(6, below=3), whole(6, below=3))


def _products() -> Iterator[Acted]:
    import torch
    from torch.nn import functional

    yield "prod-matmul", lambda x, y: x @ y, (STEPS, normal(6, 3))
    yield "prod-matmul-transposed", lambda x: x @ x.transpose(1, 2), (STEPS,)
    yield "prod-baddbmm", lambda x, y, z: torch.baddbmm(z, x, y, beta=0.5, alpha=2), (STEPS, normal(6, 3), normal(5, 3))
    yield "prod-einsum", lambda x, y: torch.einsum("bij,bkj->bik", x, y), (STEPS, normal(4, 6))
    yield "prod-einsum-outer", lambda x, y: torch.einsum("bi,bj->bij", x, y), (VECTOR, normal(4))
    yield "prod-attention", functional.scaled_dot_product_attention, (normal(2, 5, 4), normal(2, 6, 4), normal(2, 6, 4))
    yield "prod-attention-causal", _causal, (normal(2, 5, 4),)
    yield "prod-attention-scaled", _scaled, (normal(2, 5, 4), normal(5, 5))
    yield "prod-cdist", torch.cdist, (STEPS, normal(4, 6))
    yield "prod-cross", lambda x, y: torch.linalg.cross(x, y, dim=1), (normal(3), normal(3))
    yield "prod-dot", lambda x, y: (x * y).sum(1), (VECTOR, normal(6))


def _causal(x: Any) -> Any:
    from torch.nn import functional

    return functional.scaled_dot_product_attention(x, x, x, is_causal=True)


def _scaled(x: Any, mask: Any) -> Any:
    from torch.nn import functional

    return functional.scaled_dot_product_attention(x, x, x, attn_mask=mask[:, None], scale=0.3)


def _resizes() -> Iterator[Acted]:
    from torch.nn import functional

    for mode in ("bilinear", "nearest"):
        for zeros in ("zeros", "border", "reflection"):
            for corners in (False, True):
                ending = f"{mode}-{zeros}{'-corners' if corners else ''}"
                yield (
                    f"grid-{ending}",
                    lambda x, g, m=mode, z=zeros, c=corners: functional.grid_sample(x, g.tanh() * 1.2, m, z, c),
                    (normal(2, 6, 7), normal(3, 4, 2)),
                )
    yield (
        "resize-antialias",
        lambda x: functional.interpolate(x, size=(4, 3), mode="bilinear", antialias=True),
        (IMAGE,),
    )
    yield (
        "resize-keep-scale",
        lambda x: functional.interpolate(x, scale_factor=1.6, mode="bilinear", recompute_scale_factor=False),
        (IMAGE,),
    )
    yield (
        "resize-other-scale",
        lambda x: functional.interpolate(x, scale_factor=1.6, mode="bilinear", recompute_scale_factor=True),
        (IMAGE,),
    )
    yield "resize-area", lambda x: functional.interpolate(x, size=(3, 4), mode="area"), (IMAGE,)


def _networks() -> Iterator[Made]:
    import torch
    from torch import nn

    def residual(made: Any, x: Any) -> Any:
        return torch.relu(x + made(x))

    def block() -> Any:
        return nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.SiLU(), nn.Conv2d(4, 4, 1))

    yield "net-residual", lambda: Function(residual, block()), (IMAGE,)
    yield (
        "net-classifier",
        lambda: nn.Sequential(
            nn.Conv2d(4, 6, 3, stride=2, padding=1), nn.BatchNorm2d(6), nn.ReLU6(), nn.MaxPool2d(3, 2, 1),
            nn.Conv2d(6, 6, 3, padding=1, groups=6), nn.Hardswish(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
            nn.Linear(6, 5), nn.Softmax(1),
        ),
        (IMAGE,),
    )  # fmt: skip
    yield (
        "net-flattened",
        lambda: nn.Sequential(nn.Conv2d(4, 5, 3), nn.ReLU(), nn.Flatten(), nn.Linear(5 * 7 * 6, 4)),
        (IMAGE,),
    )
    yield (
        "net-decoder",
        lambda: nn.Sequential(
            nn.Conv2d(4, 6, 3, padding=1), nn.GroupNorm(2, 6), nn.GELU(), nn.Upsample(scale_factor=2, mode="bilinear"),
            nn.ConvTranspose2d(6, 3, 4, stride=2, padding=1), nn.Tanh(),
        ),
        (IMAGE,),
    )  # fmt: skip
    yield (
        "net-ceil",
        lambda: nn.Sequential(nn.Conv2d(4, 5, 3), nn.AvgPool2d(3, 2, 1, True), nn.Conv2d(5, 3, 2)),
        (IMAGE,),
    )
    yield "net-floored", lambda: nn.Sequential(nn.Linear(6, 6), Function(lambda _, x: (4 * x) // 1 * 0.25)), (VECTOR,)
    yield "net-shuffled", lambda: nn.Sequential(nn.Conv2d(4, 8, 1), nn.PixelShuffle(2), nn.Conv2d(2, 3, 3)), (IMAGE,)
    yield (
        "net-swapped",
        lambda: Function(lambda made, x: made(x.transpose(2, 3).reshape(x.shape[0], -1)), nn.Linear(288, 3)),
        (IMAGE,),
    )
