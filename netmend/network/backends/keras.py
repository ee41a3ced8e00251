"""Keras networks: `.keras` and `.h5` files, and `.weights.h5` files with what builds their model.

Keras must run on torch, because networks are lowered to a graph by torch's exporter. Which number of the file is which
constant of the graph is found by experiment: a copy of the file in which every array holds a number of its own is
loaded and exported. A file's layers must be Keras' own; layers that carry code are refused, whatever Keras would do.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from netmend.core.errors import BrokenFile, EnvironmentFault, Inexpressible, UnsupportedModel, UsageError
from netmend.network.agreement import check
from netmend.network.backends._base import (
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
    rows_at_once,
)
from netmend.network.backends._fx import DoubledCall, doubled, program_of
from netmend.network.backends._hdf5 import hdf5_arrays, moved
from netmend.network.backends._keras_front import in_front, without_front
from netmend.network.backends._keras_layers import (
    ModelFile,
    archived_config,
    attributed_config,
    called,
    layer_values,
    tensors_of_layers,
    with_archived_config,
    with_attributed_config,
    with_settings,
)
from netmend.network.backends._lower import lowered
from netmend.network.backends._source import built
from netmend.network.backends._state import StateFile
from netmend.network.backends._zip import contents, entries
from netmend.network.edits import Edit, edited
from netmend.network.evaluate import as_tensor
from netmend.network.executions import ran
from netmend.network.folding import folded
from netmend.network.graph import Array, Graph

_APART = 0.125
"""Marks are whole numbers and this, which float32 holds exactly and no network has as a constant of its own."""

# Layers that hold Python code or pickles (keras.layers.Lambda, keras.layers.TorchModuleWrapper, serialised functions).
_CODE = {"Lambda", "__lambda__", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "TFSMLayer"}


@dataclass(eq=False)
class KerasNetwork:
    """A network that Keras runs on torch; members as `Network` says.

    Attributes:
        variables: of the model, by path. keys: where each is in the file.
    """

    model: Any
    graph: Graph
    parameters: Mapping[str, str]
    variables: Mapping[str, Any]
    keys: Mapping[str, str]
    path: Path
    file: StateFile
    format: str = "keras"

    @property
    def runtime(self) -> str:
        """See `Network`."""
        keras, torch = _keras(), package("torch", "Keras networks")
        return f"Keras {keras.__version__} on torch {torch.__version__}, CPU, 1 thread, {self.precision}"

    @property
    def precision(self) -> str:
        """See `Network`."""
        return coarsest(str(layer.compute_dtype) for layer in (self.model, *self.model.layers))

    def run(self, inputs: Inputs, changed: Mapping[str, Array] | None = None) -> Array:
        """See `Network`."""
        torch = package("torch", "Keras networks")
        feeds = self._feeds(inputs)
        rows = len(feeds[0])
        if not rows:
            raise UsageError("there are no inputs to run")
        values = checked(self.graph, self.parameters, changed or {})
        before = {name: self.variables[name].numpy().copy() for name in values}
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with torch.no_grad():
                for name, value in values.items():
                    self.variables[name].assign(value.reshape(self.variables[name].shape))
                ran(rows)
                step = rows_at_once(feeds)
                parts = [
                    called(self.model, [as_tensor(each[start : start + step]) for each in feeds]).cpu().numpy()
                    for start in range(0, rows, step)
                ]
                for name, value in before.items():
                    self.variables[name].assign(value)
        finally:
            torch.set_num_threads(threads)
        return np.concatenate(parts)

    def write(self, destination: Path, changed: Mapping[str, Array]) -> None:
        """See `Network`."""
        refuse_to_overwrite(self.path, destination)
        values = checked(self.graph, self.parameters, changed)
        destination.write_bytes(self._patched(values))

    def _patched(self, values: Mapping[str, Array]) -> bytes:
        stored = {self.keys[name]: value for name, value in values.items()}
        return self.file.patched({key: value.reshape(self.file.arrays[key].shape) for key, value in stored.items()})

    def digest(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.file.data).hexdigest()

    def outputs(self, inputs: Inputs) -> Mapping[str, Array]:
        """See `Rewritable`: Keras models that are read here have one."""
        return {self.graph.outputs[0].name: self.run(inputs)}

    def inner(self, inputs: Inputs) -> Mapping[str, Array]:
        """See `Network`: what the layers compute, under the names that the graph has for it."""
        values = layer_values(self.model, self._feeds(inputs))
        return {tensor: values[layer] for layer, tensor in self._tensors.items()}

    def doubled(self, inputs: Inputs) -> Sequence[DoubledCall]:
        """See `netmend.network.backends._fx.Doubled`."""
        try:
            program = program_of(_as_module(self.model), self.graph, _places(self.model))
        except Inexpressible:
            return ()
        feeds = dict(zip((each.name for each in self.graph.inputs), self._feeds(inputs), strict=True))
        return doubled(program.module(), _places(self.model), feeds)

    def _feeds(self, inputs: Inputs) -> list[Array]:
        """One array for each input of the model, in its order."""
        given = named(self.graph, inputs)
        return [given[each.name] for each in self.graph.inputs]

    def rewrite(self, destination: Path, edits: Sequence[Edit]) -> None:
        """See `Rewritable`. Weights are changed where they are, and settings of layers in the file's configuration."""
        refuse_to_overwrite(self.path, destination)
        new = edited(self.graph, edits)
        changed = {name: value for name, value in new.constants.items() if self.graph.constants.get(name) is not value}
        weights = {name: value for name, value in changed.items() if name in self.parameters}
        if any(value.shape != self.graph.constants[name].shape for name, value in weights.items()):
            raise Inexpressible("a layer's weights keep their shapes", hint="change the code that builds the model")
        if new.nodes == self.graph.nodes and changed.keys() == weights.keys():
            self.write(destination, weights)
            return
        kind = self.path.suffix.lower()
        if self.path.name.lower().endswith(".weights.h5") or destination.suffix.lower() != kind:
            raise Inexpressible(
                "these edits change settings of layers, and the file holds weights alone",
                hint="save the whole model as a .keras file and repair that",
            )
        data = self._patched(checked(self.graph, self.parameters, weights))
        front, inside = without_front(self.graph, new)
        if front and kind != ".keras":
            raise Inexpressible(
                "a layer is put in front of a model in .keras files alone",
                hint="save the model as a .keras file and repair that, or prepare the inputs so",
            )
        archive = kind == ".keras"
        file = ModelFile(
            lambda data: _opened(data, kind),
            archived_config if archive else attributed_config,
            with_archived_config if archive else with_attributed_config,
            self._scaled,
        )
        data = with_settings(data, self.graph, inside, self.model, file)[0]
        destination.write_bytes(in_front(_opened(data, kind), new, front) if front else data)

    def _scaled(self, data: bytes, layer: str, scale: Array, shift: Array) -> bytes | None:
        """The file with weights that give a layer's output another scale and shift along its last axis."""
        found = self.model.get_layer(layer)
        if getattr(getattr(found, "activation", None), "__name__", "linear") != "linear":
            return None
        file = _state(self.path, data, True)
        held = {
            each.path.rpartition("/")[2]: self.keys[each.path] for each in found.variables if each.path in self.keys
        }
        multiplied = [held[name] for name in ("gamma", "kernel") if name in held][:1] if (scale != 1).any() else []
        added = [held[name] for name in ("beta", "bias") if name in held][:1]
        if bool(multiplied) < (scale != 1).any() or bool(added) < shift.any():
            return None
        values = {key: file.value(key).astype(np.float64) for key in (*multiplied, *added)}
        if any(value.shape[-1:] != scale.shape for value in values.values()):
            return None
        return file.patched({key: value * scale + (shift if key in added else 0) for key, value in values.items()})

    @cached_property
    def _tensors(self) -> Mapping[str, str]:
        return tensors_of_layers(self.model, self.graph)

    def check(self, inputs: Inputs) -> None:
        """See `Network`."""
        check(self, inputs)


def _load(path: Path, architecture: Architecture | None, example: Inputs | None) -> Network:
    whole = not path.name.lower().endswith(".weights.h5")
    if whole and architecture is not None:
        raise UsageError(f"{path.name} holds its own architecture", hint="leave the architecture out")
    file = _state(path, bytes_of(path), whole)
    _keras()
    floats = [name for name, stored in file.arrays.items() if stored.dtype.kind == "f"]
    by_mark = {place + _APART: name for place, name in enumerate(floats)}
    marks = {name: np.full(file.arrays[name].shape, mark, np.float32) for mark, name in by_mark.items()}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(file.patched(marks))
        marked = _model(copy, architecture)
    model = _model(path, architecture)
    variables, keys = {}, {}
    for other, variable in zip(marked.variables, model.variables, strict=True):
        mark = _mark(other.numpy())
        if mark in by_mark:
            # Names of variables count the models built in a process, unless they come from the file.
            name = variable.path if whole else by_mark[mark]
            variables[name], keys[name] = variable, by_mark[mark]
    graph = lowered(_as_module(marked), _inputs(model, example, path))
    names = {key: name for name, key in keys.items()}
    by_constant = {
        constant: names[by_mark[mark]]
        for constant, value in graph.constants.items()
        if (mark := _mark(value)) in by_mark and by_mark[mark] in names
        if value.shape == file.arrays[by_mark[mark]].shape
    }
    values = {name: file.value(key) for name, key in keys.items()}
    renamed = folded(_renamed(graph, by_constant, values), set(values))
    parameters = {name: keys[name] for name in renamed.constants if name in keys}
    return KerasNetwork(model, renamed, parameters, variables, keys, path, file)


def _inputs(model: Any, example: Inputs | None, path: Path) -> Inputs:
    """Inputs to export with, in the order of the model's."""
    if example is not None:
        given = list(example.values()) if isinstance(example, Mapping) else [example]
        return dict(zip(_places(model), given, strict=True))
    shapes = [tuple(each.shape)[1:] for each in model.inputs]
    if any(None in shape for shape in shapes):
        raise UsageError(f"{path.name} takes inputs of any size", hint="give a few inputs as an example")
    zeros = [np.zeros((2, *shape), each.dtype) for shape, each in zip(shapes, model.inputs, strict=True)]
    return dict(zip(_places(model), zeros, strict=True))


def _places(model: Any) -> tuple[str, ...]:
    """What the inputs are called by which the model is exported: several by their numbers."""
    return tuple(map(str, range(len(model.inputs)))) if len(model.inputs) > 1 else ("",)


def _state(path: Path, data: bytes, whole: bool) -> StateFile:
    """Where the arrays of a file lie; its layers are vetted."""
    if path.suffix.lower() != ".keras":
        arrays, attributes = hdf5_arrays(data, path.name)
        if whole:
            if "model_config" not in attributes:
                raise BrokenFile(f"{path.name} holds no model", hint="files of weights alone end with .weights.h5")
            _vet(attributes["model_config"], path.name)
        return StateFile(data, arrays)
    found = entries(data, path.name)
    if "config.json" not in found or "model.weights.h5" not in found:
        raise BrokenFile(f"{path.name} is not a model that Keras has saved", hint="save it again")
    _vet(contents(data, found["config.json"]), path.name)
    inner = found["model.weights.h5"]
    arrays, _ = hdf5_arrays(contents(data, inner), path.name)
    return StateFile(data, moved(arrays, inner.start), found)


def _vet(config: Any, where: str) -> None:
    try:
        waiting = [json.loads(config)]
    except (ValueError, TypeError, RecursionError) as error:
        raise BrokenFile(f"the configuration of {where} is damaged: {error}", hint="save it again") from error
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            module, name = each.get("module"), each.get("class_name")
            if name in _CODE:
                raise BrokenFile(f"{where} holds a layer that carries code: {name}", hint="nothing in it was run")
            if isinstance(module, str) and module != "builtins" and module.partition(".")[0] != "keras":
                raise UnsupportedModel(
                    f"{where} uses {module}.{name}, which is not part of Keras", hint="export the network to ONNX"
                )
        if isinstance(each, dict | list):
            waiting.extend(each.values() if isinstance(each, dict) else each)


def _keras() -> Any:
    """Keras on torch.

    Raises:
        EnvironmentFault: it is missing, or already runs on something else.
    """
    package("torch", "Keras networks")
    ours = "keras" not in sys.modules and "KERAS_BACKEND" not in os.environ
    if ours:
        os.environ["KERAS_BACKEND"] = "torch"
    try:
        keras = package("keras", "Keras networks")
    finally:
        if ours:
            del os.environ["KERAS_BACKEND"]
    if keras.backend.backend() != "torch":
        raise EnvironmentFault(
            f"Keras runs on {keras.backend.backend()} here; networks are read with Keras on torch",
            hint="set KERAS_BACKEND=torch, or export the network to ONNX",
        )
    return keras


def _model(path: Path, architecture: Architecture | None) -> Any:
    keras = _keras()
    if path.name.lower().endswith(".weights.h5"):
        model = built(architecture, path)
        load = model.load_weights
    else:
        model = None

        def load(file: Path) -> Any:
            return keras.saving.load_model(file, compile=False, safe_mode=True)

    try:
        loaded = load(path)
    except Exception as error:  # Keras lets through whatever fails inside it
        text = str(error).strip().splitlines()
        raise BrokenFile(
            f"Keras cannot read {path.name}: {text[0] if text else type(error).__name__}",
            hint="save it again with this version of Keras, or export it to ONNX",
        ) from error
    return loaded if model is None else model


def _opened(data: bytes, kind: str) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{kind}"
        path.write_bytes(data)
        return _model(path, None)


def _as_module(model: Any) -> Any:
    """The model as a module that takes one tensor for each input, in evaluation mode."""
    torch = package("torch", "Keras networks")

    class Plain(torch.nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *inputs: Any) -> Any:
            return called(self.model, inputs)

    # Inputs of the graph are called as these parameters are.
    names = [re.sub(r"\W", "_", each.name) for each in model.inputs] if len(model.inputs) > 1 else ["inputs"]
    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("self", *names)]
    Plain.forward.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return Plain().eval()


def _mark(value: Array) -> float | None:
    """The number that fills an array; None if there is not just one."""
    first = float(value.flat[0]) if value.size else None
    return first if first is not None and bool((value == first).all()) else None


def _renamed(graph: Graph, names: Mapping[str, str], values: Mapping[str, Array]) -> Graph:
    """The graph with constants under the model's names, holding their real values."""
    constants = {
        names.get(name, name): values.get(names.get(name, ""), value) for name, value in graph.constants.items()
    }
    nodes = tuple(replace(node, inputs=tuple(names.get(name, name) for name in node.inputs)) for node in graph.nodes)
    return replace(graph, nodes=nodes, constants=constants)


BACKEND = Backend("keras", (".keras", ".weights.h5", ".h5"), _load)
