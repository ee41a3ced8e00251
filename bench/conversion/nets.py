"""Small networks of our own in PyTorch, exported by both of its exporters."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from netmend.network.graph import Array


def _pictures(seed: int) -> Any:
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8, eps=1e-3), nn.ReLU6(),
        nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.BatchNorm2d(8, eps=1e-3), nn.Hardswish(),
        nn.Conv2d(8, 12, 1), nn.LeakyReLU(0.2), nn.AvgPool2d(3, 2, padding=1, count_include_pad=False),
        nn.MaxPool2d(2, 2), nn.Flatten(), nn.Linear(48, 16), nn.ELU(), nn.Linear(16, 5), nn.Softmax(-1),
    )  # fmt: skip


def _upsampled(seed: int) -> Any:
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.GroupNorm(4, 8), nn.SiLU(), nn.Upsample(scale_factor=2, mode="bilinear"),
        nn.Conv2d(8, 8, 3, stride=2, padding=1), nn.PixelShuffle(2), nn.ConvTranspose2d(2, 4, 3, stride=2, padding=1),
        nn.Upsample(scale_factor=2, mode="nearest"), nn.Tanh(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3),
    )  # fmt: skip


def _mobile(seed: int) -> Any:
    import torch
    from torch import nn

    def conv(ins: int, outs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Module:
        layer = nn.Conv2d(ins, outs, kernel, stride, kernel // 2, groups=groups, bias=False)
        return nn.Sequential(layer, nn.BatchNorm2d(outs), nn.ReLU6())

    class Mobile(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.stem, self.wide, self.deep = conv(3, 8, 3), conv(8, 16, 1), conv(16, 16, 3, 1, 16)
            self.narrow, self.side = nn.Conv2d(16, 8, 1), conv(8, 8, 3, 2)
            self.pool, self.mean = nn.MaxPool2d(2), nn.AvgPool2d(2)
            self.hidden, self.head = nn.Linear(16 * 9, 16), nn.Linear(16, 5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.stem(x)
            x = x + self.narrow(self.deep(self.wide(x)))
            x = self.mean(torch.cat([self.pool(x), self.side(x)], 1))
            answer: torch.Tensor = torch.softmax(self.head(torch.relu(self.hidden(x.flatten(1)))), 1)
            return answer

    return Mobile()


def _transformer(seed: int) -> Any:
    import torch
    from torch import nn

    class Block(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.LayerNorm(16, eps=1e-2), nn.LayerNorm(16)
            self.query, self.key, self.value, self.out = (nn.Linear(16, 16) for _ in range(4))
            self.up, self.down = nn.Linear(16, 32), nn.Linear(32, 16)

        def heads(self, x: torch.Tensor) -> torch.Tensor:
            return x.reshape(-1, 6, 4, 4).transpose(1, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            n = self.first(x)
            q, k, v = (self.heads(layer(n)) for layer in (self.query, self.key, self.value))
            mixed = torch.softmax(q @ k.transpose(-1, -2) / 2, -1) @ v
            x = x + self.out(mixed.transpose(1, 2).flatten(2))
            answer: torch.Tensor = x + self.down(nn.functional.gelu(self.up(self.second(x))))
            return answer

    class Encoder(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.blocks = nn.Sequential(Block(), Block())
            self.head = nn.Linear(16, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            answer: torch.Tensor = self.head(self.blocks(x).mean(1))
            return answer

    return Encoder()


def _recurrent(seed: int) -> Any:
    import torch
    from torch import nn

    class Reader(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.gru = nn.GRU(5, 6, batch_first=True)
            self.lstm = nn.LSTM(6, 7, batch_first=True, bidirectional=True)
            self.head = nn.Linear(14, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            answer: torch.Tensor = self.head(self.lstm(self.gru(x)[0])[0].mean(1))
            return answer

    return Reader()


SHAPES: Mapping[str, tuple[int, ...]] = {
    "pictures": (3, 16, 16),
    "upsampled": (3, 8, 8),
    "mobile": (3, 12, 12),
    "transformer": (6, 16),
    "reader": (7, 5),
}
_MAKE: Mapping[str, Callable[[int], Any]] = {
    "pictures": _pictures,
    "upsampled": _upsampled,
    "mobile": _mobile,
    "transformer": _transformer,
    "reader": _recurrent,
}


def rows(name: str, count: int, seed: int) -> Array:
    """Normal numbers in the shape that a network takes."""
    chance = np.random.default_rng([seed, count])
    return chance.normal(size=(count, *SHAPES[name])).astype(np.float32)


def export(name: str, path: Path, dynamo: bool) -> Path:
    """Write a network as ONNX; batch normalisation has seen data, so that its statistics are no ones and zeros."""
    import torch

    torch.manual_seed(0)
    net = _MAKE[name](0)
    with torch.no_grad():
        for _ in range(20):
            net(torch.from_numpy(rows(name, 32, 9)) * 1.5 + 0.3)
        for each in net.modules():
            if isinstance(each, torch.nn.BatchNorm2d | torch.nn.GroupNorm | torch.nn.LayerNorm):
                each.weight.uniform_(0.5, 1.5)
                each.bias.normal_()
    return exported(net.eval(), torch.from_numpy(rows(name, 2, 0)), path, dynamo)


def exported(net: Any, example: Any, path: Path, dynamo: bool, fold: bool = True) -> Path:
    """A torch module as an ONNX file, by the exporter that traces symbols ("dynamo") or the older one."""
    import torch

    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if dynamo:
            batch = torch.export.Dim("rows", min=2, max=4096)
            torch.onnx.export(
                net, (example,), str(path), dynamo=True, dynamic_shapes=({0: batch},), verbose=False,
                external_data=False,
                input_names=["x"], output_names=["y"],
            )  # fmt: skip
        else:
            mode = torch.onnx.TrainingMode.EVAL if fold else torch.onnx.TrainingMode.PRESERVE
            torch.onnx.export(
                net, (example,), str(path), dynamo=False, opset_version=17, training=mode, do_constant_folding=fold,
                input_names=["x"], output_names=["y"], dynamic_axes={"x": {0: "rows"}, "y": {0: "rows"}},
            )  # fmt: skip
    return path
