"""ResNet101 and InceptionV3, whole, with random weights and the statistics that their batch normalisation then sees.

Their trained weights cannot be had from a package; faults of structure and numbers can be told without.

References: K. He et al., Deep Residual Learning for Image Recognition, CVPR 2016, table 1; C. Szegedy et al.,
Rethinking the Inception Architecture for Computer Vision, CVPR 2016, table 1 and figures 5 to 7. Means of windows
leave padding out, as Keras has it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from bench.conversion.nets import exported
from netmend.network.graph import Array

SIDES = {"resnet101": 64, "inception-v3": 96}
"""Pixels: the smallest for which every window still has something to look at are near, and time grows with them."""

CALIBRATED = 48
"""Pictures of noise that statistics are taken of (own choice)."""


def rows(name: str, count: int, seed: int) -> Array:
    """Smooth noise, so that convolutions see edges and not only grains."""
    chance, side = np.random.default_rng([seed, count]), SIDES[name]
    coarse = chance.normal(size=(count, 3, side // 8, side // 8)).repeat(8, 2).repeat(8, 3)
    return np.asarray(coarse + 0.3 * chance.normal(size=(count, 3, side, side)), np.float32)


def export(name: str, path: Path, fold: bool) -> Path:
    """Write a network as ONNX, its batch normalisation calibrated; folded into the convolutions or not."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    net = resnet101() if name == "resnet101" else inception_v3()
    for each in net.modules():
        if isinstance(each, nn.Conv2d):
            nn.init.kaiming_normal_(each.weight, nonlinearity="relu")
        elif isinstance(each, nn.BatchNorm2d):
            each.momentum = None
            nn.init.uniform_(each.weight, 0.5, 1.0)
            nn.init.normal_(each.bias, 0.1, 0.2)
    with torch.no_grad():
        net.train()(torch.from_numpy(rows(name, CALIBRATED, 7)))
    return exported(net.eval(), torch.from_numpy(rows(name, 2, 0)), path, dynamo=False, fold=fold)


def _conv(ins: int, outs: int, kernel: Any, stride: int = 1, padding: Any = 0, relu: bool = True) -> Any:
    from torch import nn

    layers = [nn.Conv2d(ins, outs, kernel, stride, padding, bias=False), nn.BatchNorm2d(outs, eps=1e-3)]
    return nn.Sequential(*layers, *([nn.ReLU()] if relu else []))


def resnet101(blocks: tuple[int, ...] = (3, 4, 23, 3), classes: int = 1000) -> Any:
    """Bottlenecks of three convolutions, the second with the stride."""
    import torch
    from torch import nn

    class Bottleneck(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self, ins: int, inner: int, stride: int) -> None:
            super().__init__()
            outs = 4 * inner
            self.body = nn.Sequential(
                _conv(ins, inner, 1), _conv(inner, inner, 3, stride, 1), _conv(inner, outs, 1, relu=False)
            )
            same = ins == outs and stride == 1
            self.short = nn.Identity() if same else _conv(ins, outs, 1, stride, relu=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(self.body(x) + self.short(x))

    parts, ins = [_conv(3, 64, 7, 2, 3), nn.MaxPool2d(3, 2, 1)], 64
    for stage, many in enumerate(blocks):
        inner = 64 * 2**stage
        for at in range(many):
            parts.append(Bottleneck(ins, inner, 2 if stage and not at else 1))
            ins = 4 * inner
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(ins, classes))


def inception_v3(classes: int = 1000) -> Any:
    """Eleven modules of parallel branches, without the auxiliary classifier, which is used in training only."""
    import torch
    from torch import nn

    class Parallel(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self, *branches: Any) -> None:
            super().__init__()
            self.branches = nn.ModuleList(branches)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.cat([branch(x) for branch in self.branches], 1)

    def chain(ins: int, *steps: tuple[Any, ...]) -> Any:
        layers = []
        for outs, *rest in steps:
            layers.append(_conv(ins, outs, *rest))
            ins = outs
        return nn.Sequential(*layers)

    def mean(ins: int, outs: int) -> Any:
        return nn.Sequential(nn.AvgPool2d(3, 1, 1, count_include_pad=False), _conv(ins, outs, 1))

    def first(ins: int, pooled: int) -> Any:
        three = chain(ins, (64, 1), (96, 3, 1, 1), (96, 3, 1, 1))
        return Parallel(chain(ins, (64, 1)), chain(ins, (48, 1), (64, 5, 1, 2)), three, mean(ins, pooled))

    def second(ins: int, inner: int) -> Any:
        row, column = ((1, 7), 1, (0, 3)), ((7, 1), 1, (3, 0))
        one = chain(ins, (inner, 1), (inner, *row), (192, *column))
        other = chain(ins, (inner, 1), (inner, *column), (inner, *row), (inner, *column), (192, *row))
        return Parallel(chain(ins, (192, 1)), one, other, mean(ins, 192))

    def third(ins: int) -> Any:
        def fork() -> Any:
            return Parallel(chain(384, (384, (1, 3), 1, (0, 1))), chain(384, (384, (3, 1), 1, (1, 0))))

        one = nn.Sequential(*chain(ins, (384, 1)), fork())
        other = nn.Sequential(*chain(ins, (448, 1), (384, 3, 1, 1)), fork())
        return Parallel(chain(ins, (320, 1)), one, other, mean(ins, 192))

    smaller = Parallel(chain(288, (384, 3, 2)), chain(288, (64, 1), (96, 3, 1, 1), (96, 3, 2)), nn.MaxPool2d(3, 2))
    smallest = Parallel(
        chain(768, (192, 1), (320, 3, 2)),
        chain(768, (192, 1), (192, (1, 7), 1, (0, 3)), (192, (7, 1), 1, (3, 0)), (192, 3, 2)),
        nn.MaxPool2d(3, 2),
    )
    stem = chain(3, (32, 3, 2), (32, 3), (64, 3, 1, 1))
    second_stem = chain(64, (80, 1), (192, 3))
    return nn.Sequential(
        stem, nn.MaxPool2d(3, 2), second_stem, nn.MaxPool2d(3, 2),
        first(192, 32), first(256, 64), first(288, 64), smaller,
        second(768, 128), second(768, 160), second(768, 160), second(768, 192), smallest,
        third(1280), third(2048), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, classes),
    )  # fmt: skip
