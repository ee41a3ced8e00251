"""Residual networks for CIFAR-10 (He et al., CVPR 2016, section 4.2), with the names of the published weights.

Shortcuts carry no weights: every second pixel, and zeros for the channels that are new ("option A").
"""

from __future__ import annotations

from typing import Any


def residual(blocks: int) -> Any:
    """A network of 6 * blocks + 2 layers.

    Args:
        blocks: of two convolutions each, in every one of the three stages.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    class Shortcut(nn.Module):  # type: ignore[misc, unused-ignore]
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            more = x.shape[1] // 2
            return functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, more, more))

    class Block(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self, ins: int, outs: int, stride: int) -> None:
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(ins, outs, 3, stride, 1, bias=False), nn.BatchNorm2d(outs)
            self.conv2, self.bn2 = nn.Conv2d(outs, outs, 3, 1, 1, bias=False), nn.BatchNorm2d(outs)
            self.shortcut = nn.Identity() if ins == outs else Shortcut()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            inner = torch.relu(self.bn1(self.conv1(x)))
            return torch.relu(self.bn2(self.conv2(inner)) + self.shortcut(x))

    def stage(ins: int, outs: int, stride: int) -> nn.Sequential:
        return nn.Sequential(Block(ins, outs, stride), *(Block(outs, outs, 1) for _ in range(blocks - 1)))

    class Residual(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
            self.layer1, self.layer2, self.layer3 = stage(16, 16, 1), stage(16, 32, 2), stage(32, 64, 2)
            self.linear = nn.Linear(64, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.layer3(self.layer2(self.layer1(torch.relu(self.bn1(self.conv1(x))))))
            logits: torch.Tensor = self.linear(functional.avg_pool2d(x, x.shape[3]).flatten(1))
            return logits

    return Residual()
