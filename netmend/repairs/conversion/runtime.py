"""Does a network's own runtime compute what its file says? If not, neither file nor conversion is to blame.

Our replay of the file might be wrong as well. So the first node that differs on the runtime's own inputs is asked of a
witness: of the operators' executable specification for ONNX, of LiteRT's reference kernels for TFLite, and of the very
same call in float64 for torch and for Keras on torch. If that sides with the replay, it is the runtime; if not, nothing
is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from netmend.core.errors import ModelsDisagree, NetmendError, UnsupportedModel
from netmend.network.agreement import LOOSE
from netmend.network.backends._base import Network
from netmend.network.backends._fx import Doubled
from netmend.network.backends._reference import specified
from netmend.network.backends._rows import in_parts
from netmend.network.backends.tflite import TfliteNetwork
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
        witness: who agrees with the replay.
    """

    runtime: str
    node: str
    op: str
    error: float
    allowed: float
    witness: str = "the operators' specification"

    @property
    def sentence(self) -> str:
        """For a person."""
        where = f"at node {self.node!r} ({self.op})" if self.node else "where it runs several nodes as one"
        return (
            f"{self.runtime} does not compute what the file says {where}: it is off by {self.error:.3g} "
            f"(allowed {self.allowed:.3g}), and {self.witness} agrees with our replay"
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
    except UnsupportedModel:
        # An operator that we do not read: examining says which.
        return None
    except NetmendError as error:
        # One of the two does not run: localising says where, but for a graph that was only made to read the network.
        if isinstance(network, Doubled) and _runs(network, few):
            return _against_double(network, few, f"the graph that is exported cannot be evaluated: {error.what}")
    return None


def _runs(network: Network, feeds: Mapping[str, Array]) -> bool:
    try:
        network.run(feeds)
    except NetmendError:
        return False
    return True


def _blamed(network: Network, feeds: Mapping[str, Array]) -> RuntimeBug | None:
    if isinstance(network, TfliteNetwork):
        return _against_reference_kernels(network, feeds)
    if isinstance(network, Doubled):
        return _against_double(network, feeds)
    return _against_specification(network, feeds) if network.format == "onnx" else None


def _against_specification(network: Network, feeds: Mapping[str, Array]) -> RuntimeBug | None:
    from netmend.network.tensors import torch

    if network.graph.rows is not None:
        # What is computed from shapes depends on how many rows go together.
        feeds, _ = next(in_parts(feeds, network.graph.rows))
    own = {**feeds, **network.inner(feeds)}
    loose, steps = LOOSE[network.precision], Steps(network.graph, torch.float64)
    for node in network.graph.nodes:
        ours = _replayed(steps, node, own)
        if ours is None or node.outputs[0] not in own:
            continue
        allowed = loose * max(1.0, size(ours).largest)
        error = distance(own[node.outputs[0]], ours).largest
        if error > allowed:
            said = _specified(network, node, own)
            sides = said is not None and distance(said, ours).largest <= allowed
            return RuntimeBug(network.runtime, node.name, node.op, error, allowed) if sides else None
    output = network.graph.outputs[0].name
    if output in own:
        alone = network.run(feeds)
        allowed, error = (
            loose * max(1.0, size(own[output]).largest),
            distance(alone[: len(own[output])], own[output]).largest,
        )
        if error > allowed:
            # With every tensor shown the runtime agrees with the replay: it contradicts itself.
            return RuntimeBug(network.runtime, "", "", error, allowed, "the same runtime with every tensor shown")
    return None


def _against_reference_kernels(network: TfliteNetwork, feeds: Mapping[str, Array]) -> RuntimeBug | None:
    """LiteRT as it is deployed, and with its own kernels, against the plain kernels it keeps as their reference."""
    from netmend.network.tensors import torch

    plain = {**feeds, **network.inner(feeds, "reference")}
    steps = Steps(network.graph, torch.float64)
    for kernels, called in (("deployed", network.runtime), ("optimised", f"{network.runtime}, without XNNPACK")):
        own = {**feeds, **network.inner(feeds, kernels)}
        for node in network.graph.nodes:
            name = node.outputs[0]
            ours, right = _replayed(steps, node, own), _replayed(steps, node, plain)
            if ours is None or right is None or name not in own or name not in plain:
                continue
            allowed, error = network.allowed(name, ours), distance(own[name], ours).largest
            if error > allowed:
                sides = distance(plain[name], right).largest <= network.allowed(name, right)
                witness = "the runtime with its reference kernels"
                return RuntimeBug(called, node.name, node.op, error, allowed, witness) if sides else None
    output = network.graph.outputs[0].name
    deployed, reference = (network.outputs(feeds, kernels)[output] for kernels in ("deployed", "reference"))
    allowed, error = network.allowed(output, reference), distance(deployed, reference).largest
    if error > allowed and not network.quantised:
        return RuntimeBug(network.runtime, "", "", error, allowed, "the runtime with its reference kernels")
    return None


def _against_double(
    network: Doubled, feeds: Mapping[str, Array], instead: str = "the graph that is exported answers otherwise"
) -> RuntimeBug | None:
    """Torch's calls against the same calls in float64.

    Args:
        instead: what is seen of the graph by which the network is read.

    Raises:
        ModelsDisagree: they are right, so that it is the exporter by which the network is read.
    """
    calls = network.doubled(feeds)
    for call in calls:
        # What cancels leaves errors as large as those of what went in.
        allowed = LOOSE[network.precision] * max(1.0, size(call.right).largest, call.largest)
        error = distance(call.made, call.right).largest
        if error > allowed:
            return RuntimeBug(network.runtime, call.name, call.op, error, allowed, "the same call in float64")
    if not calls:
        return None
    raise ModelsDisagree(
        "torch's exporter, by which the network is read, does not write what the network computes: every call of the "
        f"network itself is right, and {instead}",
        hint="export it to ONNX in another way (torch.onnx.export with dynamo=False), and give that file in its place",
    )


def _replayed(steps: Steps, node: Node, own: Mapping[str, Array]) -> Array | None:
    """What a node makes of the runtime's own tensors; None if one is not shown or it cannot be evaluated."""
    names = [name for name in node.inputs if name]
    if not all(name in own or name in steps.graph.constants for name in names):
        return None
    made = steps.outputs(node, {name: steps.typed(own[name]) for name in names if name in own})[node.outputs[0]]
    return None if made is None else np.asarray(made.numpy())


def _specified(network: Network, node: Node, own: Mapping[str, Array]) -> Array | None:
    held = {**network.graph.constants, **own}
    given = [np.asarray(held[name]) if name else None for name in node.inputs]
    found = specified(node, network.graph.opset, given)
    return None if found is None else found[0]
