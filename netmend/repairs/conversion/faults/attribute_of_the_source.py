"""An attribute differs from that of the same operator in the source.

What it is:
    Whatever setting of an operator was lost or changed and is not known to another fault type.

How it is mended:
    The attributes in which a node differs from one of the same operator in the source's stretch are copied, all at
    once and one by one.

When it is wrong:
    It says what differs, not why. Attributes that name axes hold for the source's layout only.

References:
    FetaFix (Louloudakis et al., EASE 2025), fault type layer hyperparameters.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from netmend.network.backends._onnx_versions import attributes
from netmend.network.edits import SetAttribute
from netmend.network.graph import Graph, Node
from netmend.repairs.conversion.faults._base import EVERYWHERE, Borrowed, Case, Fault, Hypothesis, Injection


def _alternatives(case: Case) -> Iterator[Hypothesis]:
    for node in case.nodes:
        for theirs in case.source_nodes:
            if theirs.op != node.op:
                continue
            names = sorted({*node.attributes, *theirs.attributes})
            differing = [name for name in names if _differ(case, node, theirs, name)]
            for chosen in [differing, *([name] for name in differing)][: 1 if len(differing) == 1 else None]:
                if chosen:
                    edits = tuple(SetAttribute(node.outputs[0], name, theirs.attributes.get(name)) for name in chosen)
                    says = f"{', '.join(chosen)} of {node.op} {node.name!r} differ from the source's {theirs.name!r}."
                    yield Hypothesis(edits, says, node.outputs[0], borrowed=Borrowed.KNOWN)


def _differ(case: Case, node: Node, theirs: Node, name: str) -> bool:
    """Whether an attribute differs, what holds where nothing is said being said."""
    usual = attributes(node.op, case.target.opset), attributes(theirs.op, case.source.opset)
    other = theirs.attributes.get(name, usual[1].get(name))
    # What a version does not know is as it is where nothing is said in the versions that do.
    one = node.attributes.get(name, (usual[0] if name in usual[0] else usual[1]).get(name))
    return not isinstance(one, dict) and repr(one) != repr(other)


def _inject(graph: Graph, chance: random.Random) -> Injection | None:
    places = [
        (node, name)
        for node in graph.nodes
        for name, value in node.attributes.items()
        if node.op in ("Gemm", "LRN") and isinstance(value, float)
    ]
    if not places:
        return None
    node, name = chance.choice(places)
    value = float(node.attributes[name]) * chance.choice([0.3, 3.0, 1.1])
    return (SetAttribute(node.outputs[0], name, value),), node.outputs[0]


fault = Fault("LH", "LH", EVERYWHERE, _alternatives, _inject)
