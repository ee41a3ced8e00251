"""The patch of this kind of repair: a set of mends, each the edits that one explanation asks for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from netmend.network.backends._base import Network
from netmend.network.edits import Edit, ReplaceNodes, SetAttribute, SetConstant, SetInput
from netmend.network.graph import Array, Graph

SHOWN = 8
"""Numbers of a list or array that are written out."""


@dataclass(frozen=True, slots=True, eq=False)
class Mend:
    """What mends one segment.

    Attributes:
        fault: name of the fault type. says: what is wrong, one sentence. node: at fault, as the file calls it.
        recipe: what to do outside the network in its place, where that is possible.
    """

    fault: str
    says: str
    node: str
    edits: tuple[Edit, ...]
    recipe: str = ""


@dataclass(frozen=True, eq=False)
class ConversionPatch:
    """Edits of the target."""

    network: Network
    mends: tuple[Mend, ...] = ()

    @cached_property
    def id(self) -> str:
        """Hash of the edits."""
        made = hashlib.sha256()
        for edit in self.edits:
            made.update(content(edit))
        return made.hexdigest()[:16] if self.mends else "nothing"

    @property
    def edits(self) -> tuple[Edit, ...]:
        """Of all mends, in the order of the dataflow."""
        return tuple(edit for mend in self.mends for edit in mend.edits)

    @property
    def constants(self) -> dict[str, Array]:
        """Numbers that new nodes bring with them."""
        return {k: v for edit in self.edits if isinstance(edit, ReplaceNodes) for k, v in edit.constants.items()}

    @property
    def size(self) -> int:
        """How many separate mends."""
        return len(self.mends)

    def describe(self) -> str:
        """The faults and where they are."""
        if not self.mends:
            return "nothing changed"
        return "; ".join(f"{mend.fault} at {mend.node}" for mend in self.mends)

    def smaller(self) -> Iterable[ConversionPatch]:
        """One mend less each, the last in the dataflow first."""
        for at in reversed(range(len(self.mends))):
            yield replace(self, mends=self.mends[:at] + self.mends[at + 1 :])

    def write(self, folder: Path, name: str = "repaired") -> None:
        """Write the edited target into a folder, under a name that gets the ending of its format.

        Raises:
            Inexpressible: the format cannot say one of the edits.
        """
        from netmend.core.errors import UnsupportedModel
        from netmend.network.backends._base import Rewritable

        if not isinstance(self.network, Rewritable):
            raise UnsupportedModel(f"the structure of {self.network.format} networks cannot be written back")
        self.network.rewrite(folder / f"{name}{ending(self.network)}", self.edits)


def ending(network: Network) -> str:
    """The ending of a network's own file."""
    path: Path | None = getattr(network, "path", None)
    return path.suffix if path is not None else ".pt2"


def told(graph: Graph, edit: Edit) -> Iterator[str]:
    """An edit in words, a line for each thing that changes."""
    names = {node.outputs[0]: f"{node.name} ({node.op})" for node in graph.nodes}
    match edit:
        case SetAttribute(node, name, value):
            held = next((each for each in graph.nodes if each.outputs[0] == node), None)
            before = None if held is None else held.attributes.get(name)
            yield f"{names.get(node, node)}: {name} {_shown(before)} becomes {_shown(value)}"
        case SetConstant(constant, value):
            before = graph.constants.get(constant)
            if before is not None and before.shape == value.shape:
                changed = before != value
                many = int(np.count_nonzero(changed))
                span = f"{_span(before[changed])} becomes {_span(value[changed])}"
                yield f"constant {constant}: {many} of {value.size} numbers change, {span}"
            else:
                yield f"constant {constant}: {value.size} numbers of shape {value.shape}"
        case SetInput(node, index, tensor):
            yield f"{names.get(node, node)}: input {index} becomes {tensor or 'absent'}"
        case ReplaceNodes(gone, by, _):
            for key in gone:
                if key not in {each.outputs[0] for each in by}:
                    yield f"{names.get(key, key)} goes"
            for each in by:
                what = "changes" if each.outputs[0] in gone else "is put in"
                yield f"{each.name} ({each.op}) {what}"
        case _:
            yield f"{type(edit).__name__} of {getattr(edit, 'tensor', '')}"


def _span(values: Array) -> str:
    """Numbers in few words: themselves, or from where to where they go."""
    if len(values) <= 2:
        return ", ".join(f"{float(value):.6g}" for value in values)
    low, high = float(values.min()), float(values.max())
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"


def _shown(value: Any) -> str:
    if value is None:
        return "(default)"
    if isinstance(value, np.ndarray):
        value = value.reshape(-1).tolist()
    if isinstance(value, list | tuple) and len(value) > SHOWN:
        return f"[{', '.join(map(str, value[:SHOWN]))}, ...]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def content(value: Any) -> bytes:
    """What an edit says, arrays included, in one order: the same of edits that do the same."""
    if isinstance(value, np.ndarray):
        held: Array = np.ascontiguousarray(value)
        return f"{held.dtype.str}{held.shape}".encode() + held.tobytes()
    if isinstance(value, dict):
        return b"".join(repr(key).encode() + content(value[key]) for key in sorted(value))
    if isinstance(value, list | tuple):
        return b"(" + b",".join(content(each) for each in value) + b")"
    if hasattr(value, "__dataclass_fields__"):
        return type(value).__name__.encode() + b"".join(
            content(getattr(value, name)) for name in value.__dataclass_fields__
        )
    return repr(value).encode()
