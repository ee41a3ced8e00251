"""Does a network's own runtime answer as our evaluation of its graph does?

Everything computed on the graph is worth nothing if the graph is not the network, so this comes before anything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netmend.core.errors import ModelsDisagree
from netmend.network.backends._base import Inputs, named
from netmend.network.evaluate import run

if TYPE_CHECKING:
    from netmend.network.backends._base import Network

LOOSE = 1e-3
"""Largest difference that float32 may make, as a share of the largest output: networks of 3 to 56 layers differ by 1e-7
to 1e-5 (own measurement)."""


def check(network: Network, inputs: Inputs) -> None:
    """Compare the two on some inputs.

    Raises:
        ModelsDisagree: they differ by more than rounding.
    """
    own = network.run(inputs).astype(np.float64)
    ours = run(network.graph, named(network.graph, inputs))[network.graph.outputs[0].name]
    if own.shape != ours.shape or not np.allclose(own, ours, rtol=0, atol=LOOSE * max(1.0, float(np.abs(own).max()))):
        raise ModelsDisagree("the network's own runtime and our evaluation differ")
