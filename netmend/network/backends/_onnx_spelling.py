"""How nodes of an ONNX file are spelled as others that compute the same, for reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from netmend.network.backends._base import package
from netmend.network.backends._onnx_packed import Packed


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes of a file, and what they are spelled as.

    Attributes:
        old: as they stand in the file, the one that names the result last. new: in its place, in order. main: of `old`,
            the one whose attributes say how to compute.
        packed: numbers that the file holds several to a byte.
        ranks: of tensors whose meaning hangs on their number of axes.
    """

    old: tuple[Any, ...]
    new: tuple[Any, ...]
    main: int = 0
    packed: Packed | None = None
    ranks: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Spelling:
    """What one group is spelled as, while it is made.

    Attributes:
        name: of the nodes that are made: as the file calls the one whose place they take.
        ranks: of tensors whose meaning hangs on their number of axes.
    """

    name: str
    made: list[Any] = field(default_factory=list)
    ranks: Mapping[str, int] = field(default_factory=dict)

    def node(self, op: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """A node, and what it makes."""
        helper = package("onnx.helper", "reading ONNX files")
        while inputs and not inputs[-1]:
            inputs = inputs[:-1]
        self.made.append(helper.make_node(op, list(inputs), [output], name=self.name, **attributes))
        return output

    def like(self, proto: Any, op: str, inputs: Sequence[str], output: str, *without: str) -> str:
        """A standard node with the attributes of another."""
        self.node(op, inputs, output)
        self.made[-1].attribute.extend(each for each in proto.attribute if each.name not in without)
        return output

    def number(self, value: float | Sequence[int], output: str) -> str:
        """A stored real number, or a list of whole ones."""
        return self.node("Constant", [], output, **{"value_float" if isinstance(value, float) else "value_ints": value})

    def real(self, tensor: str, scale: str, zero: str, axis: int | None = None) -> str:
        """The real numbers that integers stand for; the same for all that read them so."""
        if not tensor:
            return ""
        along = {} if axis is None else {"axis": axis}
        name = f"{tensor} by {scale}" + (f", {zero}" if zero else "")
        return self.node("DequantizeLinear", [tensor, scale, zero], name, **along)

    def taken(self, given: Sequence[str], at: int, axis: int | None = None) -> str:
        """The same of integers whose scale and zero point stand behind them among some inputs."""
        return self.real(given[at], given[at + 1], given[at + 2], axis)

    def bias(self, tensor: str, scales: tuple[str, str]) -> str:
        """The real numbers of a bias, whose scale is the product of those of what a layer multiplies."""
        if not tensor:
            return ""
        scale = self.node("Mul", scales, f"{scales[0]} times {scales[1]}")
        return self.real(tensor, scale, "", 0)


Spell = Callable[[Spelling, Any, Sequence[str]], None]
"""(spelling, node, its inputs, "" where there is none)"""
