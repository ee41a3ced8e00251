"""How a node of TensorFlow becomes nodes of a graph, and where each constant of the graph is in the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netmend.core.errors import UnsupportedModel
from netmend.network.backends._saved_model_file import Placed, SavedModel, tensorflow
from netmend.network.graph import Array, Node

STANDARD = {"Erf", "Softplus", "Selu", "Softsign", "Reciprocal", "Einsum"}
"""Operators of ONNX that TensorFlow has and TFLite has not."""

# Orders of axes: of TFLite's weights, from TensorFlow's.
LAYOUTS: Mapping[str, Callable[[Array], Array]] = {
    "OHWI": lambda kernel: kernel.transpose(3, 0, 1, 2),
    "1HWO": lambda kernel: kernel.reshape(1, *kernel.shape[:2], -1),
    "OHWI of HWOI": lambda kernel: kernel.transpose(2, 0, 1, 3),
}


@dataclass(frozen=True, slots=True)
class Held:
    """Where a constant of the graph is in the file.

    Attributes:
        tensor: of the signature; a Const, or the value of a variable.
        layout: of `LAYOUTS`, in which the graph holds it; "" for as it is.
        setting: it is no tensor of the file, but said by an attribute of the node that makes this tensor.
    """

    tensor: str
    layout: str = ""
    setting: bool = False


@dataclass(slots=True)
class Lowering:
    """What has been read so far.

    Attributes:
        made: nodes of the graph for each node of the file, by its tensor.
    """

    model: SavedModel
    values: dict[str, Array] = field(default_factory=dict)
    constants: dict[str, Array] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)
    made: dict[str, list[Node]] = field(default_factory=dict)

    def constant(self, tensor: str, layout: str = "") -> str:
        """The name by which a stored tensor is read, in another layout if one is named."""
        name = f"{tensor}/{layout}" if layout else tensor
        value = self.values[tensor]
        self.constants[name] = np.ascontiguousarray(LAYOUTS[layout](value)) if layout else value
        self.held[name] = Held(tensor, layout)
        return name

    def known(self, placed: Placed, place: int, what: str) -> Array:
        """An input that has to be stored.

        Raises:
            UnsupportedModel: it is computed.
        """
        tensor = placed.inputs[place]
        if tensor not in self.values:
            raise UnsupportedModel(f"{placed.node.op} computes its {what}", where=f"node {placed.name!r}")
        return self.values[tensor]

    def setting(self, placed: Placed, name: str, value: Any, dtype: Any = np.float32) -> str:
        """A constant for what an attribute says."""
        key = within(placed, name)
        self.constants[key] = np.array(value, dtype)
        self.held[key] = Held(placed.name, setting=True)
        return key

    def put(self, placed: Placed, op: str, inputs: Sequence[str], output: str = "", count: int = 1, **said: Any) -> str:
        """One more node; it makes the outputs of the node of the file unless it is told otherwise."""
        outputs = (output,) if output else tuple(placed.output(place) for place in range(count))
        for name in inputs:
            if name in self.values:
                self.constant(name)
        name = op if op in STANDARD else f"tflite:{op}"
        self.made.setdefault(placed.name, []).append(Node(outputs[0], name, tuple(inputs), outputs, said))
        return outputs[0]


def said(placed: Placed, name: str, default: Any = None) -> Any:
    """What an attribute holds; texts as such, lists as lists, types by TensorFlow's number."""
    if name not in placed.node.attr:
        return default
    held = placed.node.attr[name]
    kind = held.WhichOneof("value")
    if kind == "s":
        return held.s.decode()
    if kind == "list":
        return [*held.list.i, *held.list.f, *(each.decode() for each in held.list.s)]
    return getattr(held, kind)


def type_of(number: int) -> str:
    """NumPy's name of a type.

    Raises:
        UnsupportedModel: it has none.
    """
    try:
        return str(np.dtype(tensorflow().dtypes.as_dtype(number).as_numpy_dtype))
    except TypeError as error:
        raise UnsupportedModel(f"the type {number} of TensorFlow is not known") from error


def within(placed: Placed, name: str) -> str:
    """A name that no tensor of TensorFlow has, for what is inside one of its nodes."""
    return f"{placed.name} ({name})"
