"""Inputs of the target that its source does not have: stored numbers that a converter wrote as inputs."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from netmend.network.backends._base import Network
from netmend.network.graph import Graph, Signature
from netmend.repairs.conversion.feeding import may_fit


def lost_inputs(source: Graph, target: Graph, named: Collection[str] = ()) -> tuple[Signature, ...]:
    """Those inputs: all lengths are fixed, as those of weights are, and none of the source's fits them.

    Args:
        named: inputs of the target of which it is said what they are. Where not as many are left as the source has,
            it is something else, and none is found.
    """
    known = {each.name for each in source.inputs} | set(named)
    lost = tuple(
        each
        for each in target.inputs
        if each.name not in known
        and None not in each.shape
        and not any(may_fit(one.shape, each.shape) for one in source.inputs)
    )
    return lost if len(target.inputs) - len(lost) == len(source.inputs) else ()


def with_ones(target: Network, lost: Collection[Signature]) -> Network:
    """The target with ones in the place of what was lost, which all operators take, so that it runs; its file stays."""
    from netmend.network.backends._onnx_defaults import with_numbers
    from netmend.network.backends.onnx import OnnxNetwork

    if not lost or not isinstance(target, OnnxNetwork):
        return target
    shapes = {each.name: ([int(length or 1) for length in each.shape], each.dtype) for each in lost}
    return with_numbers(target, {name: np.ones(shape, dtype) for name, (shape, dtype) in shapes.items()})
