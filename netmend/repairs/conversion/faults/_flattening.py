"""Orders in which the numbers of an image may be laid out as a vector."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from netmend.network.graph import Array


def flattenings(count: int) -> Iterator[Array]:
    """For each division into channels and places, where channels last finds the numbers of channels first.

    The opposite direction is the same with the two lengths exchanged, so it is among them.
    """
    for channels in range(2, count // 2 + 1):
        if count % channels == 0:
            yield np.arange(count).reshape(channels, count // channels).T.reshape(-1)
