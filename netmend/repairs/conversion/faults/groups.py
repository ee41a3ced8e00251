"""A convolution has another number of groups than its weights are made for.

What it is:
    A converter translates a convolution in groups, or one for each channel, as one over all channels. The weights are
    right; most runtimes refuse the file.

How it is mended:
    The weights say how many channels each group reads; the number of groups follows.

When it is wrong:
    Weights that were changed as well are another fault.

References:
    ONNX specification, Conv and ConvTranspose, `group`; own observation of tflite2onnx 0.4.1.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from netmend.network.edits import SetAttribute
from netmend.network.graph import Graph
from netmend.repairs.conversion.faults._base import Case, Fault, Hypothesis, Injection


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node in case.nodes:
        value, weight = case.read(node, 0), case.read(node, 1)
        if node.op != "Conv" or value is None or weight is None or value.ndim != weight.ndim:
            continue
        now, (right, rest) = node.attributes.get("group", 1), divmod(value.shape[1], weight.shape[1])
        if rest == 0 and right != now and len(weight) % right == 0:
            key = node.outputs[0]
            says = f"Conv {node.name!r} has {now} groups, where its weights are made for {right}."
            yield Hypothesis((SetAttribute(key, "group", right),), says, key)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    """None: the target would not run."""
    return None


fault = Fault("S1", "LH", ("onnx", "torch"), _alternatives, _inject)
