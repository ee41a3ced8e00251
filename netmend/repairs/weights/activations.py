"""Inner tensors of a network as it is, evaluated once for each input: what lies before a change stays as it is.

A repair meets the same inputs again and again: when it looks at the network as it is, weighs a change by ordinary
inputs, searches, and checks what it found. Inputs are told apart by a hash of their bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from netmend.network.graph import Array, Graph
from netmend.repairs.weights.placing import PLAIN, Place, placed, probed
from netmend.repairs.weights.window import CHUNK_BYTES, lively_chunk

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Activations:
    """What inner tensors are for inputs that were met before, up to `CHUNK_BYTES`.

    Args:
        checked: inputs of the graph, by name, that will be asked for in float64 in the end: they are evaluated in it
            whatever is asked for first, so that one pass does for both.
    """

    def __init__(self, graph: Graph, checked: Mapping[str, Array] | None = None) -> None:
        self._graph = graph
        self._later = set() if checked is None else set(_keys(checked))
        self._known: dict[tuple[bytes, torch.dtype], dict[str, Tensor]] = {}
        self._bytes = 0

    def places(self, feeds: Mapping[str, Array]) -> Mapping[str, Place]:
        """Where the points are in each tensor that they run along."""
        return placed(self._graph, feeds)

    def of(self, names: Sequence[str], feeds: Mapping[str, Array], dtype: torch.dtype) -> dict[str, Tensor]:
        """Tensors for some inputs of the graph.

        Args:
            names: tensors that run along the points. dtype: float32 takes what is known in float64 too.

        Returns:
            Each as (N, ...), the points where `Place.first` puts them; those of real numbers in `dtype`.
        """
        import torch

        from netmend.network.evaluate import as_tensor, forward

        if feeds.keys() >= set(names):
            with torch.no_grad():
                given = {name: as_tensor(feeds[name]) for name in feeds}
                return forward(self._graph, given, keep=names, dtype=dtype)
        keys = _keys(feeds)
        rows = [self._found(key, names, dtype) for key in keys]
        step, places = lively_chunk(self._graph, probed(self._graph, feeds)), self.places(feeds)
        for kind in dict.fromkeys((torch.float64, dtype)):
            wanted = [at for at, row in enumerate(rows) if not row and (kind == dtype or keys[at] in self._later)]
            for start in range(0, len(wanted), step):
                part = wanted[start : start + step]
                with torch.no_grad():
                    given = {name: as_tensor(value[part]) for name, value in feeds.items()}
                    whole = forward(self._graph, given, keep=names, dtype=kind)
                found = {name: places.get(name, PLAIN).first(value) for name, value in whole.items()}
                for place, at in enumerate(part):
                    rows[at] = {name: found[name][place] for name in names}
                    self._remember((keys[at], kind), rows[at])
        return {name: torch.stack([_typed(row[name], dtype) for row in rows]) for name in names}

    def _found(self, key: bytes, names: Sequence[str], dtype: torch.dtype) -> dict[str, Tensor]:
        """One row of each tensor, in float64 if it is known in that; nothing if one of them is not known."""
        import torch

        for kind in dict.fromkeys((torch.float64, dtype)):
            known = self._known.get((key, kind), {})
            if known.keys() >= set(names):
                return {name: known[name] for name in names}
        return {}

    def _remember(self, key: tuple[bytes, torch.dtype], row: Mapping[str, Tensor]) -> None:
        size = sum(each.numel() * each.element_size() for each in row.values())
        if self._bytes + size <= CHUNK_BYTES:
            self._bytes += size
            self._known.setdefault(key, {}).update(row)


def _keys(feeds: Mapping[str, Array]) -> list[bytes]:
    """A hash of each input, by the bytes of all its parts."""
    every = [np.ascontiguousarray(value) for _, value in sorted(feeds.items())]
    return [_key([array[at] for array in every]) for at in range(len(every[0]))]


def _key(parts: Sequence[Array]) -> bytes:
    made = hashlib.blake2b(digest_size=16)
    for part in parts:
        made.update(part.tobytes())
    return made.digest()


def _typed(value: Tensor, dtype: torch.dtype) -> Tensor:
    return value.to(dtype) if value.is_floating_point() else value
