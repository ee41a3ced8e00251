"""What the layers of a Keras model compute, and their settings: found and changed by trying, because the graph
that torch exports of a model has other operators than the model has layers.

A setting is accepted when the layer then answers as the edited graph does, on random inputs.
"""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from netmend.core.errors import Inexpressible
from netmend.network.backends._base import package
from netmend.network.backends._fx import CLOSE
from netmend.network.evaluate import as_tensor, forward
from netmend.network.graph import Array, Graph
from netmend.network.random_inputs import random_inputs

# What a setting may be told from, besides numbers that the edits bring (keras.io/api/layers, Keras 3).
_CHOICES: Mapping[str, Sequence[Any]] = {
    "padding": ("same", "valid", "causal"),
    "interpolation": ("nearest", "bilinear", "bicubic"),
    "activation": (
        "linear", "relu", "relu6", "gelu", "silu", "tanh", "sigmoid", "hard_sigmoid", "hard_silu", "elu", "selu",
        "leaky_relu", "softplus", "softsign", "mish", "softmax", "log_softmax", "exponential",
    ),
    "recurrent_activation": ("sigmoid", "hard_sigmoid"),
    "axis": (-1, 1, 2, 3),
}  # fmt: skip
# Layers that take the same settings.
_CLASSES = (
    *(tuple(f"{kind}Pooling{axes}D" for kind in ("Max", "Average")) for axes in (1, 2, 3)),
    *(tuple(f"Global{kind}Pooling{axes}D" for kind in ("Max", "Average")) for axes in (1, 2, 3)),
    ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"),
)
_SIZES = ("strides", "dilation_rate", "pool_size", "size", "dims", "cropping", "padding")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """How a file holds a model.

    Attributes:
        opened: the model in it. config, with_config: what it says of the model's layers.
        scaled: the file with a layer whose output has another scale and shift of each channel; None if its weights
            cannot say so.
    """

    opened: Callable[[bytes], Any]
    config: Callable[[bytes], Any]
    with_config: Callable[[bytes, Any], bytes]
    scaled: Callable[[bytes, str, Array, Array], bytes | None]


def called(model: Any, inputs: Sequence[Any]) -> Any:
    """What a model makes of one tensor for each of its inputs, at inference."""
    return model(inputs[0] if len(inputs) == 1 else list(inputs), training=False)


def layer_values(model: Any, feeds: Sequence[Array]) -> dict[str, Array]:
    """What every layer computes, by its name.

    Args:
        feeds: one array for each input of the model, in its order.
    """
    keras, torch = package("keras", "Keras networks"), package("torch", "Keras networks")
    layers = [layer for layer in model.layers if _one_output(layer)]
    shown = keras.Model(model.inputs, [layer.output for layer in layers])
    with torch.no_grad():
        values = called(shown, [as_tensor(each) for each in feeds])
    values = values if isinstance(values, list | tuple) else [values]
    return {layer.name: value.cpu().numpy() for layer, value in zip(layers, values, strict=True)}


def _one_output(layer: Any) -> bool:
    try:
        return not isinstance(layer.output, list | tuple | dict)
    except (AttributeError, ValueError):
        return False


def tensors_of_layers(model: Any, graph: Graph) -> dict[str, str]:
    """For each layer the first tensor of the graph that holds what it computes; in the order of the model."""
    inputs = random_inputs(graph)
    ours = _computed(graph)
    found = {}
    for name, value in layer_values(model, list(inputs.values())).items():
        same = [tensor for tensor, other in ours.items() if _alike(value, other)]
        if same:
            found[name] = same[0]
    return found


def _computed(graph: Graph) -> dict[str, Array]:
    feeds = {name: as_tensor(value) for name, value in random_inputs(graph).items()}
    return {name: value.numpy() for name, value in forward(graph, feeds, keep="all").items()}


def _alike(one: Array, other: Array) -> bool:
    if one.shape != other.shape or one.dtype.kind != other.dtype.kind:
        return False
    return bool(np.abs(one - other).max(initial=0) <= CLOSE * max(1e-6, np.abs(one).max(initial=0)))


def with_settings(data: bytes, old: Graph, new: Graph, model: Any, file: ModelFile) -> tuple[bytes, list[str]]:
    """A file whose layers have the settings that make them answer as the edited graph does.

    Where no setting does, and the edits amount to a scale and a shift of each channel, weights of the layer say it.

    Args:
        data: the file, with new weights already in it.

    Returns:
        The file, and what was set, as "layer.setting: old -> new".

    Raises:
        Inexpressible: no setting of the layer at an edit does.
    """
    new = _behind(old, new)
    tensors, wanted = tensors_of_layers(model, old), _computed(new)
    before = {node.outputs[0]: node for node in old.nodes}
    touched = [node for node in new.nodes if before.get(node.outputs[0]) != node]
    touched += [
        node
        for node in new.nodes
        if any(new.constants.get(name) is not old.constants.get(name) for name in node.inputs) and node not in touched
    ]
    feeds = list(random_inputs(old).values())
    done: list[str] = []
    for layer, tensor in tensors.items():
        near = [node for node in touched if tensor in {n for each in new.after(node.outputs) for n in each.outputs}]
        near += [node for node in touched if tensor in node.outputs and node not in near]
        if not near or tensor not in wanted:
            continue
        if _alike(layer_values(file.opened(data), feeds).get(layer, np.zeros(0)), wanted[tensor]):
            touched = [node for node in touched if node not in near]
            continue
        data, said = _set(data, layer, near, new, file, tensor)
        done.append(said)
        touched = [node for node in touched if node not in near]
    if touched:
        raise Inexpressible(
            f"no layer of the model computes what {touched[0].op} does", where=f"node {touched[0].name!r}", hint=_HINT
        )
    return data, done


SAME = 1e-6
"""Deviation of a fitted scale from one, or of a shift from none, that float32 leaves over some hundred numbers, tens of
times over (own choice)."""

_HINT = "change the code that builds the model, or write the network as ONNX"


def _behind(old: Graph, new: Graph) -> Graph:
    """The new graph where nodes put behind a tensor make that tensor, so that a setting of its layer may say them."""
    stays = {each.name for each in new.outputs}
    known = {node.outputs[0] for node in old.nodes}
    for key in [node.outputs[0] for node in new.nodes if node.outputs[0] not in known]:
        node = next(each for each in new.nodes if each.outputs[0] == key)
        tensor = next((name for name in node.inputs if name in known), None)
        moved = any((each.op, each.inputs) == (node.op, node.inputs) for each in old.nodes)
        if moved or tensor is None or tensor in stays or new.users(tensor) != (node,):
            continue
        names = {tensor: f"{tensor} before {key}", key: tensor}
        nodes = tuple(
            replace(
                each,
                inputs=tuple(names.get(name, name) for name in each.inputs),
                outputs=tuple(names.get(name, name) for name in each.outputs),
            )
            for each in new.nodes
        )
        new = replace(new, nodes=nodes)
    return new


def _set(data: bytes, layer: str, near: Sequence[Any], new: Graph, file: ModelFile, tensor: str) -> tuple[bytes, str]:
    feeds, wanted = _fed(new, tensor)
    whole = file.config(data)
    for key, value in _alternatives(_described(whole, layer), near, new):
        trial = copy.deepcopy(whole)
        holder = _holder(_described(trial, layer), key)
        before, holder[key] = holder[key], value
        changed = file.with_config(data, trial)
        try:
            answer = layer_values(file.opened(changed), feeds)[layer]
        except Exception:
            continue
        if _alike(answer, wanted):
            return changed, f"{layer}.{key}: {before!r} -> {value!r}"
    scaled = _scaled(data, layer, file, feeds, wanted)
    if scaled is not None:
        return scaled, f"{layer}: another scale and shift of its channels"
    raise Inexpressible(
        f"no setting of the layer {layer!r} does what the edits ask for",
        where=", ".join(node.op for node in near),
        hint=_HINT,
    )


def _fed(graph: Graph, tensor: str) -> tuple[list[Array], Array]:
    """Inputs in more rows than two numbers for each channel can explain, and a tensor that follows from them."""
    feeds = random_inputs(graph, rows=6)
    made = forward(graph, {name: as_tensor(value) for name, value in feeds.items()}, keep=[tensor])
    return list(feeds.values()), made[tensor].numpy()


def _scaled(data: bytes, layer: str, file: ModelFile, feeds: Sequence[Array], wanted: Array) -> bytes | None:
    """The file with weights that scale and shift a layer's channels so that it makes what is wanted, or None.

    Scale and shift are fitted by linear least squares, channel by channel.
    """
    now = layer_values(file.opened(data), feeds).get(layer)
    if now is None or now.shape != wanted.shape or now.ndim < 2:
        return None
    one, other = (each.reshape(-1, each.shape[-1]).astype(np.float64) for each in (now, wanted))
    spread = ((one - one.mean(0)) ** 2).mean(0)
    scale = ((one - one.mean(0)) * (other - other.mean(0))).mean(0) / np.where(spread > 0, spread, 1.0)
    shift = other.mean(0) - scale * one.mean(0)
    if not _alike(one * scale + shift, other):
        return None
    # A scale of one is left alone, so that nothing but the shift is written.
    scale = np.where(np.abs(scale - 1) <= SAME, 1.0, scale)
    shift = (other - scale * one).mean(0)
    changed = file.scaled(data, layer, scale, np.where(np.abs(shift) <= SAME * np.abs(other).max(), 0.0, shift))
    if changed is None or not _alike(layer_values(file.opened(changed), feeds)[layer], wanted):
        return None
    return changed


def _described(config: Any, layer: str) -> dict[str, Any]:
    """What a configuration says of a layer, wherever in it that is."""
    waiting = [config]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            inner = each.get("config")
            if isinstance(inner, dict) and inner.get("name") == layer and "class_name" in each:
                return each
        waiting.extend(each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
    raise Inexpressible(f"the file does not describe the layer {layer!r}", hint=_HINT)


def _holder(described: dict[str, Any], key: str) -> dict[str, Any]:
    """Where a setting of a layer is written."""
    settings: dict[str, Any] = described["config"]
    return described if key == "class_name" else settings


def _alternatives(described: Mapping[str, Any], near: Sequence[Any], new: Graph) -> Iterator[tuple[str, Any]]:
    """Other values of settings: from lists of names, and from the numbers that the edits bring."""
    numbers = [value for node in near for value in node.attributes.values() if isinstance(value, int | float)]
    constants = [new.constants[name] for node in near for name in node.inputs if name in new.constants]
    numbers += [value.item() for value in constants if value.size == 1]
    lists = [list(value) for node in near for value in node.attributes.values() if isinstance(value, list | tuple)]
    now = described["class_name"]
    yield from (("class_name", each) for alike in _CLASSES if now in alike for each in alike if each != now)
    for key, now in described["config"].items():
        if isinstance(now, bool):
            yield key, not now
        elif isinstance(now, float) or (now is None and key == "max_value"):
            yield from ((key, float(each)) for each in numbers if each != now)
        elif key in _SIZES and isinstance(now, list):
            yield from ((key, each) for each in lists if len(each) == len(now) and each != now)
        if key in _CHOICES:
            yield from ((key, each) for each in _CHOICES[key] if each != now and isinstance(each, type(now)))


def archived_config(data: bytes) -> Any:
    """The configuration in a `.keras` file."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return json.loads(archive.read(_CONFIG))


def with_archived_config(data: bytes, config: Any) -> bytes:
    """A `.keras` file with another configuration and all else as it is."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        for info in old.infolist():
            archive.writestr(info, json.dumps(config) if info.filename == _CONFIG else old.read(info))
    return held.getvalue()


def attributed_config(data: bytes) -> Any:
    """The configuration in an `.h5` file."""
    with package("h5py", "HDF5 files").File(io.BytesIO(data), "r") as file:
        return json.loads(file.attrs["model_config"])


def with_attributed_config(data: bytes, config: Any) -> bytes:
    """An `.h5` file with another configuration and all else as it is."""
    held = io.BytesIO(data)
    with package("h5py", "HDF5 files").File(held, "r+") as file:
        file.attrs["model_config"] = json.dumps(config)
    return held.getvalue()


_CONFIG = "config.json"
