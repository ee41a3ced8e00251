"""MobileViT (Mehta and Rastegari, ICLR 2022), with the names of the weights published for the Transformers library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.weights.subjects.encoders import attended


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a network; the defaults are MobileViT-XXS (appendix A of the paper).

    Attributes:
        channels: of stem, five stages and the last convolution. widths: of the three stages with transformers.
        depths: blocks of those. strides: of stem and stages; a stage with transformers and stride 1 keeps its channels.
    """

    ins: int = 3
    classes: int = 1000
    channels: tuple[int, ...] = (16, 16, 24, 48, 64, 80, 320)
    widths: tuple[int, ...] = (64, 80, 96)
    depths: tuple[int, ...] = (2, 4, 3)
    strides: tuple[int, ...] = (2, 1, 2, 2, 2, 2)
    expansion: int = 2
    heads: int = 4


SMALL = Shape(1, 10, (8, 8, 12, 16, 20, 20, 64), (24, 28, 32), (1, 1, 1), (2, 1, 1, 2, 2, 1))
"""For digits of 32 x 32 pixels: 60,000 weights."""


def mobilevit(shape: Shape = Shape()) -> Any:
    """The network. Sides of images are multiples of 2 at every stage with a transformer (256 pixels: published)."""
    import torch
    from torch import nn
    from torch.nn import functional

    def conv(ins: int, outs: int, kernel: int = 1, stride: int = 1, groups: int = 1, normal: bool = True) -> nn.Module:
        layer = nn.Conv2d(ins, outs, kernel, stride, kernel // 2, groups=groups, bias=False)
        return nn.ModuleDict({"convolution": layer} | ({"normalization": nn.BatchNorm2d(outs)} if normal else {}))

    def through(layer: Any, x: torch.Tensor) -> torch.Tensor:
        """Convolved and normalised."""
        normal: torch.Tensor = layer["normalization"](layer["convolution"](x))
        return normal

    def active(layer: Any, x: torch.Tensor) -> torch.Tensor:
        return functional.silu(through(layer, x))

    class Inverted(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self, ins: int, outs: int, stride: int = 1) -> None:
            super().__init__()
            inner = ins * shape.expansion
            self.adds = stride == 1 and ins == outs
            self.expand_1x1, self.conv_3x3 = conv(ins, inner), conv(inner, inner, 3, stride, inner)
            self.reduce_1x1 = conv(inner, outs)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            inner = through(self.reduce_1x1, active(self.conv_3x3, active(self.expand_1x1, x)))
            return x + inner if self.adds else inner

    class Encoder(nn.Module):  # type: ignore[misc, unused-ignore]
        attention: Any
        intermediate: Any
        output: Any

        def __init__(self, width: int) -> None:
            super().__init__()
            own = nn.ModuleDict({name: nn.Linear(width, width) for name in ("query", "key", "value")})
            dense = nn.ModuleDict({"dense": nn.Linear(width, width)})
            self.attention = nn.ModuleDict({"attention": own, "output": dense})
            self.intermediate = nn.ModuleDict({"dense": nn.Linear(width, 2 * width)})
            self.output = nn.ModuleDict({"dense": nn.Linear(2 * width, width)})
            self.layernorm_before, self.layernorm_after = nn.LayerNorm(width), nn.LayerNorm(width)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            normal, own = self.layernorm_before(x), self.attention["attention"]
            query, key, value = (own[name](normal) for name in ("query", "key", "value"))
            seen = attended(query, key, value, shape.heads)
            x = self.attention["output"]["dense"](seen) + x
            inner = functional.silu(self.intermediate["dense"](self.layernorm_after(x)))
            answer: torch.Tensor = self.output["dense"](inner) + x
            return answer

    class Mixed(nn.Module):  # type: ignore[misc, unused-ignore]
        """Convolutions around transformers, one for each of the four places in patches of 2 x 2 pixels."""

        conv_1x1: Any
        transformer: Any

        def __init__(self, ins: int, outs: int, stride: int, width: int, depth: int) -> None:
            super().__init__()
            self.downsampling_layer = Inverted(ins, outs, stride) if stride == 2 else None
            ins = outs if stride == 2 else ins
            self.conv_kxk, self.conv_1x1 = conv(ins, ins, 3), conv(ins, width, normal=False)
            self.transformer = nn.ModuleDict({"layer": nn.ModuleList(Encoder(width) for _ in range(depth))})
            self.layernorm = nn.LayerNorm(width)
            self.conv_projection, self.fusion = conv(width, ins), conv(2 * ins, ins, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = x if self.downsampling_layer is None else self.downsampling_layer(x)
            inner = self.conv_1x1["convolution"](active(self.conv_kxk, x))
            many, width, high, wide = inner.shape
            patches = inner.reshape(many, width, high // 2, 2, wide // 2, 2).permute(0, 3, 5, 2, 4, 1)
            # The published code puts the four places beside the images; apart, a row stays one image.
            tokens = patches.reshape(many, 4, (high // 2) * (wide // 2), width)
            for each in self.transformer["layer"]:
                tokens = each(tokens)
            patches = self.layernorm(tokens).reshape(many, 2, 2, high // 2, wide // 2, width)
            inner = patches.permute(0, 5, 3, 1, 4, 2).reshape(many, width, high, wide)
            return active(self.fusion, torch.cat((x, active(self.conv_projection, inner)), 1))

    class Network(nn.Module):  # type: ignore[misc, unused-ignore]
        mobilevit: Any

        def __init__(self) -> None:
            super().__init__()
            sizes, strides = shape.channels, shape.strides
            plain = [Inverted(sizes[0], sizes[1], strides[1])]
            second = [Inverted(sizes[1], sizes[2], strides[2]), *(Inverted(sizes[2], sizes[2]) for _ in range(2))]
            stages: list[Any] = [nn.ModuleDict({"layer": nn.ModuleList(each)}) for each in (plain, second)]
            for at, (width, depth) in enumerate(zip(shape.widths, shape.depths, strict=True), 3):
                stages.append(Mixed(sizes[at - 1], sizes[at], strides[at], width, depth))
            body = {"conv_stem": conv(shape.ins, sizes[0], 3, strides[0]), "conv_1x1_exp": conv(sizes[5], sizes[6])}
            encoder = nn.ModuleDict({"layer": nn.ModuleList(stages)})
            self.mobilevit = nn.ModuleDict(body | {"encoder": encoder})
            self.classifier = nn.Linear(sizes[6], shape.classes)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = active(self.mobilevit["conv_stem"], x)
            plain = [each for stage in self.mobilevit["encoder"]["layer"][:2] for each in stage["layer"]]
            for each in (*plain, *self.mobilevit["encoder"]["layer"][2:]):
                x = each(x)
            logits: torch.Tensor = self.classifier(active(self.mobilevit["conv_1x1_exp"], x).mean((2, 3)))
            return logits

    return Network()


def small() -> Any:
    """The network of `SMALL`."""
    return mobilevit(SMALL)
