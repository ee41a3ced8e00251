"""What the specification of ONNX says that one node computes: the arbiter where two evaluations disagree.

References: `onnx.reference`, the executable specification of the operators that the ONNX project keeps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netmend.network.backends._base import package
from netmend.network.graph import Array, Node


def specified(node: Node, opset: int, inputs: Sequence[Array | None]) -> tuple[Array, ...] | None:
    """The outputs of a node by the reference implementation.

    Args:
        inputs: None where an optional one is absent.

    Returns:
        Arrays in the order of the node's outputs; None if the implementation does not know the operator.
    """
    onnx = package("onnx", "reading ONNX files")
    reference = package("onnx.reference", "reading ONNX files")
    helper = onnx.helper
    if ":" in node.op:
        return None
    given = [value for value in inputs if value is not None]
    names = [f"input {at}" if value is not None else "" for at, value in enumerate(inputs)]
    outputs = [f"output {at}" if name else "" for at, name in enumerate(node.outputs)]
    attributes = {
        name: onnx.numpy_helper.from_array(value) if isinstance(value, np.ndarray) else value
        for name, value in node.attributes.items()
    }
    types = [helper.np_dtype_to_tensor_dtype(value.dtype) for value in given]
    known = [
        helper.make_tensor_value_info(name, kind, value.shape)
        for name, kind, value in zip([name for name in names if name], types, given, strict=True)
    ]
    asked = [helper.make_empty_tensor_value_info(name) for name in outputs if name]
    body = helper.make_graph([helper.make_node(node.op, names, outputs, **attributes)], "one node", known, asked)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", opset)])
    try:
        found = reference.ReferenceEvaluator(model).run(
            None, dict(zip([name for name in names if name], given, strict=True))
        )
    except Exception:  # whatever the implementation raises on what it does not know
        return None
    return tuple(np.asarray(value) for value in found)
