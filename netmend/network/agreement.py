"""Does a network's own runtime answer as our evaluation of its graph does?

Everything computed on the graph is worth nothing if the graph is not the network, so this comes before anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from netmend.core.errors import ModelsDisagree, NoErrorBound
from netmend.network.backends._base import Inputs, named
from netmend.network.bounds import bounds
from netmend.network.evaluate import as_tensor, forward, run
from netmend.network.graph import Array

if TYPE_CHECKING:
    from netmend.network.backends._base import Network

ROWS = 16
"""Inputs that are compared: a wrong graph is wrong on every input but for chance."""

LOOSE: Mapping[str, float] = {"float64": 1e-9, "float32": 1e-3, "float16": 5e-2, "bfloat16": 5e-2}
"""Largest difference that a precision may make, as a share of the largest output, where its error bound is larger.
ResNets, SqueezeNet, MobileNets and fully connected networks differ by 1e-7 to 1e-5 in float32 (own measurement)."""


def check(network: Network, inputs: Inputs) -> None:
    """Compare the two on the first few inputs, to the error bound of the network's precision or `LOOSE`.

    Raises:
        ModelsDisagree: they differ by more; the message names the first node that does, where the runtime shows it.
    """
    few = {name: value[:ROWS] for name, value in named(network.graph, inputs).items()}
    output = network.graph.outputs[0].name
    own, error = network.run(few).astype(np.float64), None
    try:
        found = bounds(network.graph, few, precision=network.precision)[output]
        ours = found.value.numpy()
        # Both are within the error of the exact answer.
        error = np.zeros(ours.shape) if found.error is None else 2 * found.error.numpy()
    except NoErrorBound:
        ours = run(network.graph, few)[output]
    if own.shape != ours.shape:
        raise _disagreement(network, few, f"answers of shape {own.shape} and {ours.shape}")
    allowed = np.full(ours.shape, _loose(network.precision, ours))
    if error is not None:
        allowed = np.minimum(allowed, error)
    same = (own == ours) | (np.isnan(own) & np.isnan(ours))
    with np.errstate(invalid="ignore"):
        difference = np.where(same, 0.0, np.abs(own - ours))
    if not (difference <= allowed).all():
        worst = np.unravel_index(np.argmax(np.where(np.isnan(difference), np.inf, difference - allowed)), ours.shape)
        raise _disagreement(network, few, f"{own[worst]:.9g} and {ours[worst]:.9g} for input {worst[0]}")


def check_nodes(
    network: Network, feeds: Mapping[str, Array], shown: Mapping[str, Array], allowed: Callable[[str, Array], float]
) -> None:
    """Compare node by node, each fed what the runtime feeds it: for networks on grids, where rounding goes either way.

    Args:
        shown: inner tensors as the runtime computes them from `feeds`.
        allowed: how far a tensor, by name, may be from what its node makes of the right inputs.

    Raises:
        ModelsDisagree: a node makes something else.
    """
    own = {name: as_tensor(value) for name, value in {**feeds, **shown}.items()}
    for node in network.graph.nodes:
        given = {name: own[name] for name in node.inputs if name in own}
        for name, ours in forward(network.graph, given, keep=[name for name in node.outputs if name]).items():
            if name not in own:
                # What the runtime does not show is computed from what it shows before it.
                own[name] = ours
                continue
            right, theirs = ours.double(), own[name].double()
            if right.shape != theirs.shape or not bool(((right - theirs).abs() <= allowed(name, right.numpy())).all()):
                raise ModelsDisagree(
                    f"{network.runtime} and our evaluation of {node.op} differ",
                    where=f"node {node.name!r}",
                    hint="please report this with the network",
                )


def _loose(precision: str, values: Array) -> float:
    return LOOSE[precision] * max(1.0, float(np.max(np.abs(values), initial=0, where=np.isfinite(values))))


def _disagreement(network: Network, inputs: Mapping[str, Array], what: str) -> ModelsDisagree:
    return ModelsDisagree(
        f"{network.runtime} and our evaluation of the network differ: {what}",
        where=_first_difference(network, inputs),
        hint="please report this with the network: nothing can be proved about it until the two agree",
    )


def _first_difference(network: Network, inputs: Mapping[str, Array]) -> str:
    """The first node whose output differs, where the runtime shows it."""
    own = network.inner(inputs)
    ours = forward(network.graph, {name: as_tensor(value) for name, value in inputs.items()}, keep="all")
    for node in network.graph.nodes:
        for name in node.outputs:
            if name not in own or name not in ours:
                continue
            one, other = own[name].astype(np.float64), ours[name].numpy().astype(np.float64)
            other = other[: len(one)] if one.ndim and other.ndim else other
            allowed = _loose(network.precision, other)
            if one.shape != other.shape or not np.allclose(one, other, rtol=0, atol=allowed):
                return f"node {node.name!r} ({node.op}) is the first that differs"
    return ""
