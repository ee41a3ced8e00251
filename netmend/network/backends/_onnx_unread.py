"""Names for first outputs that are left out of an ONNX file because nothing reads them.

An operator with several outputs may leave any of them out (ONNX specification, section on optional inputs and outputs):
of a recurrent layer of which the last state alone is wanted, the sequence. Here nodes are known by their first output.
"""

from __future__ import annotations

from typing import Any


def with_first_outputs(model: Any) -> Any:
    """The model, changed in place, in which every node's first output has a name that is no other's."""
    unnamed = [node for node in model.graph.node if node.output and not node.output[0]]
    taken = {name for node in model.graph.node for name in (*node.input, *node.output)} if unnamed else set()
    taken |= {each.name for each in (*model.graph.input, *model.graph.initializer)} if unnamed else set()
    for node in unnamed:
        stem = f"{node.name or node.op_type} unread"
        name = next(tried for at in range(len(taken) + 1) if (tried := f"{stem} {at}" if at else stem) not in taken)
        node.output[0] = name
        taken.add(name)
    return model
