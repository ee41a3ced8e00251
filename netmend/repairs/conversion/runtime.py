"""Does a network's own runtime compute what its file says? If not, neither file nor conversion is to blame.

Our replay of the file might be wrong as well. So the first node that differs on the runtime's own inputs is asked of
the operators' executable specification: if that sides with the replay, it is the runtime; if not, nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from netmend.core.errors import ModelsDisagree, NetmendError
from netmend.network.agreement import LOOSE
from netmend.network.backends._base import Network
from netmend.network.backends._reference import specified
from netmend.network.graph import Array, Node
from netmend.repairs.conversion.distance import distance, size
from netmend.repairs.conversion.steps import Steps

LOOKED_AT = 4
"""Rows on which a runtime is compared with the replay (own choice)."""


@dataclass(frozen=True, slots=True)
class RuntimeBug:
    """A runtime that does not compute what the file says.

    Attributes:
        node: the first one that is wrong on right inputs, as the file calls it; empty if none is while all tensors are
            shown, so that it is what the runtime makes of several nodes together.
        error: largest difference there, or of the output. allowed: what was allowed.
    """

    runtime: str
    node: str
    op: str
    error: float
    allowed: float

    @property
    def sentence(self) -> str:
        """For a person."""
        where = f"at node {self.node!r} ({self.op})" if self.node else "where it runs several nodes as one"
        return (
            f"{self.runtime} does not compute what the file says {where}: it is off by {self.error:.3g}, and the "
            "operators' specification agrees with our replay"
        )


def checked(network: Network, feeds: Mapping[str, Array]) -> RuntimeBug | None:
    """Compare a network's runtime with the replay of its file.

    Raises:
        ModelsDisagree: they differ, and who is right cannot be told.
    """
    few = {name: value[:LOOKED_AT] for name, value in feeds.items()}
    try:
        network.check(few)
    except ModelsDisagree:
        found = _blamed(network, few)
        if found is None:
            raise
        return found
    except NetmendError:
        # One of the two does not run: localising says where.
        return None
    return None


def _blamed(network: Network, feeds: Mapping[str, Array]) -> RuntimeBug | None:
    import torch

    own = {**feeds, **network.inner(feeds)}
    loose, steps = LOOSE[network.precision], Steps(network.graph, torch.float64)
    for node in network.graph.nodes:
        names = [name for name in node.inputs if name]
        shown = all(name in own or name in network.graph.constants for name in names)
        if not shown or node.outputs[0] not in own:
            continue
        ours = steps.outputs(node, {name: steps.typed(own[name]) for name in names if name in own})[node.outputs[0]]
        if ours is None:
            return None
        allowed = loose * max(1.0, size(ours.numpy()).largest)
        error = distance(own[node.outputs[0]], ours.numpy()).largest
        if error > allowed:
            said = _specified(network, node, own)
            sides = said is not None and distance(said, ours.numpy()).largest <= allowed
            return RuntimeBug(network.runtime, node.name, node.op, error, allowed) if sides else None
    output = network.graph.outputs[0].name
    if output in own and network.format == "onnx":
        alone = network.run(feeds)
        allowed, error = (
            loose * max(1.0, size(own[output]).largest),
            distance(alone[: len(own[output])], own[output]).largest,
        )
        if error > allowed:
            # With every tensor shown the runtime agrees with the replay: it contradicts itself.
            return RuntimeBug(network.runtime, "", "", error, allowed)
    return None


def _specified(network: Network, node: Node, own: Mapping[str, Array]) -> Array | None:
    if network.format != "onnx":
        return None
    held = {**network.graph.constants, **own}
    given = [np.asarray(held[name]) if name else None for name in node.inputs]
    found = specified(node, network.graph.opset, given)
    return None if found is None else found[0]
