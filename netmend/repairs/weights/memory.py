"""How much memory a repair of one layer will take, before any of it is taken."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Mapping
from typing import TYPE_CHECKING

from netmend.network.graph import Graph
from netmend.network.layers import LinearLayer
from netmend.repairs.weights.patches import patches_of
from netmend.repairs.weights.rows import SPARSE
from netmend.repairs.weights.window import CHUNK_BYTES

if TYPE_CHECKING:
    from torch import Tensor

ROWS_PER_POINT = 3
"""Rows of a point that are in the program at once: 2 to 3 in programs of MNIST networks, 6 to 11 with 1,000 classes,
where few channels have gradients (own measurement). Only an estimate."""

# Parameters of glibc's mallopt(3), and values: freed memory is kept, and no block is mapped by itself.
_MALLOC = {-1: 2**31 - 1, -2: 2**28, -4: 0}  # M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX


def keep_freed() -> None:
    """Keep memory that is freed for the next tensor, in this process, where the C library is glibc.

    By default every large tensor is mapped anew and each of its pages cleared by the kernel: a third of the processor
    time of a repair of SqueezeNet 1.1 (44 s and 27 s on a busy machine, own measurement).
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        for parameter, value in _MALLOC.items():
            library.mallopt(parameter, value)


def estimated(
    graph: Graph, layer: LinearLayer, points: int, probe: Mapping[str, Tensor], *, weighted: bool, last: bool
) -> int:
    """Bytes that repairing a layer takes at its peak, to a factor of about two.

    Args:
        probe: every tensor for two points, as `netmend.repairs.weights.window.probed` gives it.
        weighted: with the covariance norm. last: nothing but layout follows, so that few channels have gradients.
    """
    patches = patches_of(graph, layer)
    positions = max(1, probe[layer.output].numel() // 2 // max(1, patches.groups * patches.outputs))
    rows = ROWS_PER_POINT * points
    size = patches.groups * patches.outputs * patches.width
    cached = points * (probe[layer.input].numel() // 2 + 2 * positions * patches.groups * patches.width)
    if positions == 1 and patches.groups == 1:
        gradients = rows * patches.outputs
    else:
        share = SPARSE if last else 1.0
        gradients = int(2 * rows * size * share) + rows * positions * patches.groups * patches.outputs
    metric = 3 * patches.groups * patches.width**2 if weighted else 0
    return 8 * (cached + gradients + 4 * rows**2 + metric + 4 * size) + 2 * CHUNK_BYTES
