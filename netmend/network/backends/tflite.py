"""TFLite files: read as they are, run by LiteRT, written back with only the changed numbers' bytes changed.

Integers that stand for real numbers are shown as these numbers, in float64; the file's inputs may be given either way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from netmend.core.errors import Inexpressible, UnsupportedModel, UsageError
from netmend.network.agreement import LOOSE, check, check_nodes
from netmend.network.backends._base import (
    Architecture,
    Backend,
    Inputs,
    Network,
    bytes_of,
    checked,
    named,
    package,
    refuse_to_overwrite,
)
from netmend.network.backends._litert import Litert
from netmend.network.backends._rows import batch_axes, joined
from netmend.network.backends._tflite_file import TfliteFile, read, shape_of
from netmend.network.backends._tflite_graph import graph_of
from netmend.network.backends._tflite_schema import schema
from netmend.network.edits import Edit, SetConstant
from netmend.network.graph import Array, Graph

STEPS = 2
"""How far LiteRT's integer arithmetic may be from the nearest number of the grid, in its steps: one for the rounding of
its multipliers, one for its tables of functions (own measurement: at most 1 on MobileNets V1 and V2)."""


@dataclass(eq=False)
class TfliteNetwork:
    """A network from a TFLite file; members as `Network` and `Rewritable` say."""

    path: Path
    file: TfliteFile
    graph: Graph
    format: str = "tflite"
    _runtimes: dict[tuple[str, bool, str], Litert] = field(default_factory=dict, repr=False)

    @property
    def runtime(self) -> str:
        """See `Network`."""
        kind = "integers" if self.quantised else self.precision
        return f"LiteRT {package('ai_edge_litert', 'running TFLite files').__version__}, CPU, 1 thread, {kind}"

    @property
    def precision(self) -> str:
        """See `Network`: TFLite computes in float32, or in integers on the grids of the tensors."""
        return "float32"

    @property
    def quantised(self) -> bool:
        """Whether some of it is computed in integers."""
        return any(name not in self.graph.constants for name in self.graph.quantisation)

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """See `Network`: everything that is stored with bytes of its own."""
        return {name: name for name in self.file.constants if name in self.file.places or self._shared(name)}

    def run(self, inputs: Inputs, changed: Mapping[str, Array] | None = None) -> Array:
        """See `Network`."""
        return self._answers(inputs, self.patched(changed or {}))[self.graph.outputs[0].name]

    def outputs(self, inputs: Inputs, kernels: str = "deployed") -> Mapping[str, Array]:
        """See `Rewritable`.

        Args:
            kernels: "deployed", "optimised" or "reference": two of them that disagree on a file are a runtime's fault.
        """
        return self._answers(inputs, self.file.data, kernels)

    def inner(self, inputs: Inputs, kernels: str = "optimised") -> Mapping[str, Array]:
        """See `Network`: by TFLite's own kernels, because XNNPACK does not show what it computes.

        Args:
            kernels: "deployed" runs a copy of the file in which every tensor is an output, and so shows XNNPACK's too.
        """
        names = list(dict.fromkeys(name for node in self.graph.nodes for name in node.outputs))
        wanted = [self._index(name) for name in names]
        if kernels == "deployed":
            outputs = list(dict.fromkeys([*map(int, self.file.body.outputs), *wanted]))
            shown = Litert(self._with_outputs(outputs), list(self.file.body.inputs), outputs, self._rows)
        else:
            shown = self._litert(self.file.data, kernels, True)
        parts = shown.run(self._codes(inputs), wanted)
        held = {
            name: [part[place] for part in parts] for place, name in enumerate(names) if parts[0][place] is not None
        }
        axes = self._batch_axes if len(parts) > 1 else {}
        return {name: self._real(name, joined(found, axes.get(name))) for name, found in held.items()}

    def _with_outputs(self, outputs: list[int]) -> bytes:
        from netmend.network.backends._tflite_rewrite import packed

        model = schema().ModelT.InitFromPackedBuf(self.file.data)
        model.subgraphs[0].outputs = np.array(outputs, np.int32)
        model.signatureDefs = []
        return packed(model)

    def write(self, destination: Path, changed: Mapping[str, Array]) -> None:
        """See `Network`; numbers that several tensors share are taken apart first, which moves other bytes too."""
        refuse_to_overwrite(self.path, destination)
        destination.write_bytes(self.patched(changed))

    def rewrite(self, destination: Path, edits: Sequence[Edit]) -> None:
        """See `Rewritable`."""
        from netmend.network.backends._tflite_rewrite import rewritten

        refuse_to_overwrite(self.path, destination)
        data = rewritten(self.file, self.graph, edits)
        try:
            Litert(data, [], [], 1).ready()
        except UnsupportedModel as error:
            raise Inexpressible(
                f"the edited network is none to LiteRT: {error.what}",
                hint="edits that keep types and shapes consistent",
            ) from error
        destination.write_bytes(data)

    def patched(self, changed: Mapping[str, Array]) -> bytes:
        """The file with other values of some parameters."""
        values = checked(self.graph, self.parameters, changed)
        if any(name not in self.file.places for name in values):
            from netmend.network.backends._tflite_rewrite import rewritten

            return rewritten(self.file, self.graph, [SetConstant(name, value) for name, value in values.items()])
        if not values:
            return self.file.data
        data = bytearray(self.file.data)
        for name, value in values.items():
            numbers = np.ascontiguousarray(value).tobytes()
            data[self.file.places[name] : self.file.places[name] + len(numbers)] = numbers
        return bytes(data)

    def digest(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.file.data).hexdigest()

    def check(self, inputs: Inputs) -> None:
        """See `Network`; where it computes in integers, node by node, each fed what LiteRT feeds it."""
        if self.quantised:
            for kernels in ("optimised", "deployed"):
                self._check_nodes(inputs, kernels)
        else:
            check(self, inputs)

    def allowed(self, name: str, values: Array) -> float:
        """How far a tensor may be from what its node makes of the right inputs: steps of its grid, or rounding."""
        scheme = self.graph.quantisation.get(name)
        if scheme is not None:
            return STEPS * float(scheme.scale.max()) * 1.001
        return LOOSE["float32"] * max(1.0, float(np.abs(values).max(initial=0.0)))

    def _check_nodes(self, inputs: Inputs, kernels: str) -> None:
        """Every node answers within `STEPS` of its grid as LiteRT does, from the numbers that LiteRT feeds it."""
        check_nodes(self, self._feeds(inputs), self.inner(inputs, kernels), self.allowed)

    def _answers(self, inputs: Inputs, data: bytes, kernels: str = "deployed") -> dict[str, Array]:
        parts = self._litert(data, kernels, False).run(self._codes(inputs), list(self.file.body.outputs))
        found = {}
        for place, each in enumerate(self.graph.outputs):
            values = [part[place] for part in parts]
            axis = 0 if len(parts) > 1 and each.shape[:1] == (None,) else None
            found[each.name] = self._real(each.name, joined(values, axis))
        return found

    def _litert(self, data: bytes, kernels: str, inner: bool) -> Litert:
        """The file in the runtime; the last one of each kind is kept, because it is asked again and again."""
        key = kernels, inner, "own" if data is self.file.data else "changed"
        kept = self._runtimes.get(key)
        if kept is None or kept.data != data:
            kept = Litert(data, list(self.file.body.inputs), list(self.file.body.outputs), self._rows, kernels, inner)
            self._runtimes[key] = kept
        return kept

    @property
    def _rows(self) -> int | None:
        """How many rows the file takes at once; None where it leaves that open."""
        tensors = [self.file.body.tensors[index] for index in self.file.body.inputs]
        declared = [tensor.shapeSignature for tensor in tensors]
        if all(each is not None and len(each) and each[0] < 0 for each in declared):
            return None
        return next((shape[0] for tensor in tensors if (shape := shape_of(tensor))), 1)

    def _feeds(self, inputs: Inputs) -> dict[str, Array]:
        """Inputs by name, in the types of the file: real numbers as codes of their grid."""
        given = dict(inputs) if isinstance(inputs, Mapping) else {self.graph.inputs[0].name: np.asarray(inputs)}
        for name, scheme in self.graph.quantisation.items():
            if name in given and given[name].dtype.kind == "f":
                if not np.isfinite(given[name]).all():
                    raise UsageError(f"the input {name} holds numbers that are not finite")
                given[name] = scheme.codes(given[name])
        return named(self.graph, given)

    def _codes(self, inputs: Inputs) -> list[Array]:
        return list(self._feeds(inputs).values())

    def _real(self, name: str, value: Array) -> Array:
        scheme = self.graph.quantisation.get(name)
        return value if scheme is None else scheme.values(value)

    def _index(self, name: str) -> int:
        return self.file.names.index(name)

    def _shared(self, name: str) -> bool:
        tensor = self.file.body.tensors[self._index(name)]
        return self.file.constants[name].size > 0 and not tensor.isVariable

    @cached_property
    def _batch_axes(self) -> Mapping[str, int]:
        return batch_axes(self.graph)


def _load(path: Path, architecture: Architecture | None, example: Inputs | None) -> Network:
    if architecture is not None:
        raise UsageError(f"{path.name} holds its own architecture", hint="leave the architecture out")
    file = read(bytes_of(path), path.name)
    return TfliteNetwork(path, file, graph_of(file))


BACKEND = Backend("tflite", (".tflite",), _load)
