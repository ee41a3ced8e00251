"""EfficientNet-Lite0 (Tan and Le, ICML 2019; the Lite variant of Google's TPU repository), with the names of the
weights that are published for PyTorch.

No squeeze and excitation, ReLU6 throughout; images of 224 pixels are padded as TensorFlow pads them: more on the right
and at the bottom where the padding is odd.
"""

from __future__ import annotations

from typing import Any

STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Blocks, kernel, stride of the first, expansion and channels of each stage (Tan and Le, table 1, B0)."""


def efficientnet_lite0(stages: tuple[tuple[int, ...], ...] = STAGES, head: int = 1280, classes: int = 1000) -> Any:
    """The network; with other stages a smaller one of the same kind.

    Args:
        stages: as `STAGES`. head: channels before the classifier.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    class Same(nn.Conv2d):  # type: ignore[misc, unused-ignore]
        """A convolution with ceil(size / stride) outputs."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            size, kernel, stride = x.shape[-1], self.kernel_size[0], self.stride[0]
            more = max(0, (-(-size // stride) - 1) * stride + kernel - size)
            before, after = more // 2, more - more // 2
            return super().forward(functional.pad(x, (before, after, before, after)))

    def conv(ins: int, outs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Module:
        return Same(ins, outs, kernel, stride, groups=groups, bias=False)

    def norm(channels: int) -> nn.Module:
        return nn.BatchNorm2d(channels, eps=1e-3)

    class Block(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self, ins: int, outs: int, kernel: int, stride: int, expansion: int) -> None:
            super().__init__()
            inner = ins * expansion
            self.expands, self.adds = expansion > 1, ins == outs and stride == 1
            if self.expands:
                self._expand_conv, self._bn0 = conv(ins, inner), norm(inner)
            self._depthwise_conv, self._bn1 = conv(inner, inner, kernel, stride, groups=inner), norm(inner)
            self._project_conv, self._bn2 = conv(inner, outs), norm(outs)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            inner = functional.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
            inner = functional.relu6(self._bn1(self._depthwise_conv(inner)))
            answer: torch.Tensor = self._bn2(self._project_conv(inner)) + (x if self.adds else 0)
            return answer

    class Network(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self._conv_stem, self._bn0 = conv(3, 32, 3, 2), norm(32)
            blocks, ins = [], 32
            for many, kernel, stride, expansion, outs in stages:
                for at in range(many):
                    blocks.append(Block(ins, outs, kernel, 1 if at else stride, expansion))
                    ins = outs
            self._blocks = nn.ModuleList(blocks)
            self._conv_head, self._bn1 = conv(ins, head), norm(head)
            self._fc = nn.Linear(head, classes)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = functional.relu6(self._bn0(self._conv_stem(x)))
            for block in self._blocks:
                x = block(x)
            x = functional.relu6(self._bn1(self._conv_head(x)))
            logits: torch.Tensor = self._fc(x.mean((2, 3)))
            return logits

    return Network()
