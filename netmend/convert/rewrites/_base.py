"""The shape of a rewrite: another spelling of the same network. One file per rewrite.

None is believed: what it writes is compared with the source in the source's own runtime before a converter gets it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from netmend.network.backends._base import Network, Rewritable
from netmend.network.edits import Edit
from netmend.network.evaluate import as_tensor, forward
from netmend.network.graph import Graph
from netmend.network.random_inputs import random_inputs


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One rewrite.

    Attributes:
        says: what it does, in a few words.
        rewrite: write the network otherwise to a path; False where there is nothing to rewrite.
        late: whether others should come first, because they make it possible.
    """

    says: str
    rewrite: Callable[[Network, Path], bool]
    late: bool = False


def by_edits(edits_of: Callable[[Graph], Sequence[Edit]]) -> Callable[[Network, Path], bool]:
    """A rewrite that is a list of edits."""

    def rewrite(network: Network, destination: Path) -> bool:
        edits = edits_of(network.graph)
        if not edits or not isinstance(network, Rewritable):
            return False
        network.rewrite(destination, edits)
        return True

    return rewrite


def shapes_of(graph: Graph) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor, for two rows of inputs."""
    feeds = {name: as_tensor(value) for name, value in random_inputs(graph).items()}
    return {name: tuple(value.shape) for name, value in forward(graph, feeds, keep="all").items()}
