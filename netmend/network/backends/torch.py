"""PyTorch networks: modules in memory, files of weights with the module they belong to, and exported programs.

Files of weights are what `torch.save(model.state_dict(), path)` writes, now or before torch 1.6, and safetensors. They
are read by `netmend.network.backends._pickled`, which runs nothing in them. **An architecture given as
`model.py:callable` is the user's own code and is executed.** Networks are lowered to a graph by torch's own exporter
and run by torch.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

from netmend.core.errors import BrokenFile, Inexpressible, UsageError
from netmend.network.agreement import check
from netmend.network.backends._base import (
    MOST_ROWS,
    Architecture,
    Backend,
    Inputs,
    Network,
    bytes_of,
    checked,
    coarsest,
    named,
    package,
    refuse_to_overwrite,
)
from netmend.network.backends._fx import DoubledCall, correspondence, doubled, program_of, values_of
from netmend.network.backends._fx_rewrite import rewritten
from netmend.network.backends._lower import as_arguments, as_mapping, exported, lowered, parameters_of
from netmend.network.backends._program import program_file
from netmend.network.backends._rows import as_rows, batch_axes, in_parts, joined, meant_of
from netmend.network.backends._source import built
from netmend.network.backends._state import StateFile
from netmend.network.backends._weights_file import digest_of_weights, weights_of
from netmend.network.batch import with_free_batch
from netmend.network.edits import Edit, edited
from netmend.network.evaluate import as_tensor
from netmend.network.executions import ran
from netmend.network.graph import Array, Graph

_COUNTER = "num_batches_tracked"


@dataclass(eq=False)
class TorchNetwork:
    """A network that torch runs; members as `Network` says.

    Attributes:
        module: in evaluation mode; our own copy.
        state: its entries as they are stored, by the module's names.
        file: where they are stored, if in a file. keys: names there of each entry; more than one for tied weights.
        program: that was read, if it was one.
    """

    module: Any
    graph: Graph
    parameters: Mapping[str, str]
    state: Mapping[str, Array]
    path: Path | None = None
    file: StateFile | None = None
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: tuple[str, ...] = ("",)
    format: str = "torch"
    program: Any = None

    @property
    def runtime(self) -> str:
        """See `Network`."""
        return f"torch {package('torch', 'PyTorch networks').__version__}, CPU, 1 thread, {self.precision}"

    @property
    def precision(self) -> str:
        """See `Network`."""
        return coarsest(str(each.dtype).removeprefix("torch.") for each in self.module.state_dict().values())

    def run(self, inputs: Inputs, changed: Mapping[str, Array] | None = None) -> Array:
        """See `Network`."""
        torch = package("torch", "PyTorch networks")
        feeds = named(self.graph, inputs)
        values = checked(self.graph, self.parameters, changed or {})
        held = self.module.state_dict(keep_vars=True)
        tensors = {self.parameters[name]: as_tensor(value) for name, value in values.items()}
        replaced = {key: value.to(held[key].dtype) for key, value in tensors.items()}
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        ran(len(next(iter(feeds.values()))))
        try:
            with torch.no_grad():
                parts = [
                    meant_of(self._called(torch, replaced, part), 0, meant, self.graph.rows)
                    for part, meant in in_parts(feeds, self.graph.rows)
                ]
        finally:
            torch.set_num_threads(threads)
        return np.concatenate(parts)

    def _called(self, torch: Any, replaced: Mapping[str, Any], feeds: Mapping[str, Array]) -> Array:
        given = dict(zip(self.names, feeds.values(), strict=True))
        arguments, keywords = as_arguments(given)
        answer = torch.func.functional_call(self.module, dict(replaced), arguments, keywords, tie_weights=True)
        first = torch.utils._pytree.tree_leaves(answer)[0]
        result: Array = first.to(torch.float32).numpy() if first.dtype == torch.bfloat16 else first.numpy()
        return as_rows(result, self.graph.outputs[0].shape) if self.graph.rows == 1 else result

    def write(self, destination: Path, changed: Mapping[str, Array]) -> None:
        """See `Network`. A module that was in memory is written as a new state file, by torch or as safetensors."""
        refuse_to_overwrite(self.path, destination)
        values = checked(self.graph, self.parameters, changed)
        if self.file is not None:
            stored = {key: value for name, value in values.items() for key in self.keys[self.parameters[name]]}
            destination.write_bytes(self.file.patched(stored))
            return
        torch = package("torch", "PyTorch networks")
        state = {name: value.detach().clone() for name, value in self.module.state_dict().items()}
        state.update({self.parameters[name]: as_tensor(value) for name, value in values.items()})
        if destination.suffix == ".safetensors":
            package("safetensors.torch", "safetensors files").save_file(state, destination)
        else:
            torch.save(state, destination)

    def digest(self) -> str:
        """SHA-256 of the file; of names, types, shapes and numbers of the state where there is none."""
        if self.file is not None:
            return hashlib.sha256(self.file.data).hexdigest()
        whole = hashlib.sha256()
        for name in sorted(self.state):
            value = self.state[name]
            whole.update(f"{name} {value.dtype.name} {value.shape}\n".encode())
            whole.update(np.ascontiguousarray(value).tobytes())
        return whole.hexdigest()

    def outputs(self, inputs: Inputs) -> Mapping[str, Array]:
        """See `Rewritable`."""
        torch = package("torch", "PyTorch networks")
        parts = []
        for part, meant in in_parts(named(self.graph, inputs), self.graph.rows):
            arguments, keywords = as_arguments(dict(zip(self.names, part.values(), strict=True)))
            with torch.no_grad():
                leaves = torch.utils._pytree.tree_leaves(self.module(*arguments, **keywords))
            shapes = [each.shape if self.graph.rows == 1 else () for each in self.graph.outputs]
            found = [as_rows(as_array(leaf), shape) for leaf, shape in zip(leaves, shapes, strict=False)]
            parts.append([meant_of(value, 0, meant, self.graph.rows) for value in found])
        return {
            each.name: joined([part[place] for part in parts], 0)
            for place, each in enumerate(self.graph.outputs)
            if place < len(parts[0])
        }

    def inner(self, inputs: Inputs) -> Mapping[str, Array]:
        """See `Network`: what the calls of the exported program compute; none where torch cannot export the module."""
        try:
            flat = self.exported.module()
        except Inexpressible:
            return {}
        calls, axes, at_once = self._calls, self._axes, self.graph.rows
        shown = [name for node in self.graph.nodes for name in node.outputs if name in calls]
        parts = []
        for part, meant in in_parts(named(self.graph, inputs), at_once):
            values = values_of(flat, self.names, part)
            parts.append({key: meant_of(as_array(values[calls[key]]), axes.get(key), meant, at_once) for key in shown})
        return {name: joined([part[name] for part in parts], axes.get(name)) for name in shown}

    def doubled(self, inputs: Inputs) -> Sequence[DoubledCall]:
        """See `netmend.network.backends._fx.Doubled`."""
        try:
            flat = self.exported.module()
        except Inexpressible:
            return ()
        part, _ = next(in_parts(named(self.graph, inputs), self.graph.rows))
        return doubled(flat, self.names, part)

    def rewrite(self, destination: Path, edits: Sequence[Edit]) -> None:
        """See `Rewritable`. Files of weights take other weights; an exported program (`.pt2`) takes other calls too."""
        refuse_to_overwrite(self.path, destination)
        new = edited(self.graph, edits)
        changed = {name: value for name, value in new.constants.items() if self.graph.constants.get(name) is not value}
        weights = all(
            name in self.parameters and value.shape == self.graph.constants[name].shape
            for name, value in changed.items()
        )
        whole = destination.suffix.lower() == ".pt2"
        if (
            weights
            and new.nodes == self.graph.nodes
            and whole == (self.path is not None and self.path.suffix == ".pt2")
        ):
            self.write(destination, changed)
        elif whole:
            package("torch", "PyTorch networks").export.save(
                rewritten(self.exported, self.graph, new, self.parameters, self.names), destination
            )
        else:
            raise Inexpressible(
                f"{destination.suffix} files hold weights, and these edits change what is computed with them",
                hint="change the module's own code, or repair a .pt2 file, which holds both (torch.export.save)",
            )

    @cached_property
    def exported(self) -> Any:
        """The network as an exported program.

        Raises:
            Inexpressible: torch cannot export it.
        """
        return self.program if self.program is not None else program_of(self.module, self.graph, self.names)

    @cached_property
    def _axes(self) -> Mapping[str, int]:
        return batch_axes(self.graph)

    @cached_property
    def _calls(self) -> Mapping[str, str]:
        return correspondence(self.exported.module(), self.graph, self.names)

    def check(self, inputs: Inputs) -> None:
        """See `Network`."""
        check(self, inputs)


def from_module(
    module: Any,
    example: Inputs,
    path: Path | None = None,
    file: StateFile | None = None,
    keys: Mapping[str, tuple[str, ...]] | None = None,
) -> TorchNetwork:
    """A module in memory; the rest where its weights come from a file."""
    ours = copy.deepcopy(module).eval()
    keys = keys or {}
    state = {name: as_array(value) for name, value in ours.state_dict().items()}
    if file is not None:
        state |= {name: file.value(stored[0]) for name, stored in keys.items()}
    _refuse_misfit(ours, example)
    graph = lowered(ours, example)
    return network_of(ours, graph, state, tuple(as_mapping(example)), path, file, keys)


def _refuse_misfit(module: Any, example: Inputs) -> None:
    arguments, keywords = as_arguments(as_mapping(example))
    try:
        with package("torch", "PyTorch networks").no_grad():
            module(*arguments, **keywords)
    except Exception as error:  # whatever the user's module raises
        shapes = ", ".join(f"{name or 'x'} {value.dtype} {value.shape}" for name, value in as_mapping(example).items())
        raise UsageError(
            f"the network cannot be run on the inputs given, {shapes}: {error}",
            hint="give inputs in the shape and type that the network takes",
        ) from error


def network_of(
    module: Any,
    graph: Graph,
    state: Mapping[str, Array],
    names: tuple[str, ...],
    path: Path | None,
    file: StateFile | None,
    keys: Mapping[str, tuple[str, ...]],
) -> TorchNetwork:
    """A network with the constants of its graph as they are stored."""
    parameters = parameters_of(graph, state)
    graph = graph.with_constants({name: state[key] for name, key in parameters.items()})
    writable = {name: key for name, key in parameters.items() if file is None or key in keys}
    return TorchNetwork(module, graph, writable, state, path, file, keys, names)


def as_array(value: Any) -> Array:
    """A tensor as an array of the same type."""
    torch = package("torch", "PyTorch networks")
    plain = value.detach().cpu()
    if plain.dtype == torch.bfloat16:
        kind = package("ml_dtypes", "numbers in bfloat16").bfloat16
        return plain.to(torch.float32).numpy().astype(kind)  # type: ignore[no-any-return]
    return plain.numpy().copy()  # type: ignore[no-any-return]


def _load(path: Path, architecture: Architecture | None, example: Inputs | None) -> Network:
    data = bytes_of(path)
    package("torch", "PyTorch networks")
    if path.suffix.lower() == ".pt2":
        return _program(path, data, architecture)
    found = weights_of(path, data)
    module = built(architecture, path)
    if example is None:
        raise UsageError(f"{path.name} does not say what its network takes", hint="give a few inputs as an example")
    matching = [(name, file, keys) for name, file in found if (keys := _matched(module, file)) is not None]
    if not matching:
        raise _mismatch(module, [file for _, file in found], path)
    if len(matching) > 1:
        names = ", ".join(repr(name) for name, *_ in matching)
        raise UsageError(f"{path.name} holds more than one set of weights: {names}", hint="save the one that is meant")
    (_, file, keys), torch = matching[0], package("torch", "PyTorch networks")
    with torch.no_grad():
        for name, entry in module.state_dict(keep_vars=True).items():
            if name in keys:
                entry.copy_(as_tensor(file.value(keys[name][0])))
    return from_module(module, example, path, file, keys)


def _matched(module: Any, file: StateFile) -> dict[str, tuple[str, ...]] | None:
    """Names in the file of each entry of the module, whatever is put before all of them; None if they do not fit."""
    expected = module.state_dict(keep_vars=True)
    first = next((name for name in expected if not name.endswith(_COUNTER)), None)
    if first is None:
        return None
    tied = _tied(expected)
    for prefix in sorted({key[: -len(first)] for key in file.arrays if key.endswith(first)}, key=len):
        own = {key[len(prefix) :] for key in file.arrays if key.startswith(prefix)}
        needed = {name for name in expected if not name.endswith(_COUNTER) and not own & set(tied[name])}
        shapes = all(
            tuple(file.arrays[prefix + name].shape) == tuple(expected[name].shape) for name in own if name in expected
        )
        if not needed and own <= expected.keys() and shapes:
            return {
                name: tuple(prefix + each for each in tied[name] if each in own)
                for name in expected
                if own & set(tied[name])
            }
    return None


def _tied(state: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """For each entry those that share its memory, itself first."""
    places = {name: (value.data_ptr(), tuple(value.shape)) for name, value in state.items()}
    return {
        name: (name, *(other for other in state if other != name and state[name].numel() and places[other] == place))
        for name, place in places.items()
    }


def _mismatch(module: Any, files: list[StateFile], path: Path) -> Exception:
    expected = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    if not files:
        return BrokenFile(f"{path.name} holds no weights", hint="save a state_dict")
    best = max(files, key=lambda file: len(file.arrays))
    given = {name: tuple(stored.shape) for name, stored in best.arrays.items()}
    wrong = [name for name in expected if name in given and given[name] != expected[name]]
    missing = [name for name in expected if name not in given]
    spare = [name for name in given if name not in expected]
    parts = [
        f"{len(names)} {what} ({', '.join(names[:3])})"
        for names, what in ((wrong, "of another shape"), (missing, "missing"), (spare, "that it does not have"))
        if names
    ]
    return UsageError(
        f"the weights of {path.name} do not fit the architecture: {'; '.join(parts)}",
        hint="build the very network that the weights were saved from",
    )


def _program(path: Path, data: bytes, architecture: Architecture | None) -> Network:
    if architecture is not None:
        raise UsageError(f"{path.name} holds its own architecture", hint="leave the architecture out")
    torch = package("torch", "PyTorch networks")
    file = program_file(data, path.name)
    try:
        program = torch.export.load(path)
    except Exception as error:  # the loader lets through whatever fails inside it
        raise BrokenFile(
            f"{path.name} is not an exported program that this torch can read: {error}", hint="export it again"
        ) from error
    graph = with_free_batch(exported(program, (), {}, None))
    most = _most_rows(program)
    graph = replace(graph, rows=int(most)) if graph.rows is None and most < MOST_ROWS else graph
    state = {name: file.value(name) for name in file.arrays}
    names = tuple(each.name if program.example_inputs[1] else str(at) for at, each in enumerate(graph.inputs))
    keys = {name: (name,) for name in file.arrays}
    network = network_of(program.module(), graph, state, names, path, file, keys)
    network.program = program
    return network


def _most_rows(program: Any) -> float:
    """The largest number of rows that a program was exported for, if it says one."""
    taken = set(program.graph_signature.user_inputs)
    values = [node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder" and node.name in taken]
    rows = [value.shape[0] for value in values if getattr(value, "ndim", 0)]
    symbols = [each.node.expr for each in rows if not isinstance(each, int)]
    return min((float(known.upper) for each in symbols if (known := program.range_constraints.get(each))), default=inf)


BACKEND = Backend("torch", (".pt", ".pth", ".th", ".bin", ".ckpt", ".safetensors", ".pt2"), _load, digest_of_weights)
