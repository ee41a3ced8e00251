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
from typing import Any

import numpy as np

from netmend.core.errors import Inexpressible
from netmend.network.backends._base import package
from netmend.network.backends._fx import CLOSE, random_inputs
from netmend.network.evaluate import as_tensor, forward
from netmend.network.graph import Array, Graph

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
_SIZES = ("strides", "dilation_rate", "pool_size", "size", "dims", "cropping", "padding")


def layer_values(model: Any, feed: Array) -> dict[str, Array]:
    """What every layer computes, by its name."""
    keras, torch = package("keras", "Keras networks"), package("torch", "Keras networks")
    layers = [layer for layer in model.layers if _one_output(layer)]
    shown = keras.Model(model.inputs, [layer.output for layer in layers])
    with torch.no_grad():
        values = shown(as_tensor(feed), training=False)
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
    for name, value in layer_values(model, next(iter(inputs.values()))).items():
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


def with_settings(
    data: bytes, old: Graph, new: Graph, model: Any, opened: Callable[[bytes], Any]
) -> tuple[bytes, list[str]]:
    """A `.keras` file whose layers have the settings that make them answer as the edited graph does.

    Args:
        data: the file, with new weights already in it. opened: the model that such a file holds.

    Returns:
        The file, and what was set, as "layer.setting: old -> new".

    Raises:
        Inexpressible: no setting of the layer at an edit does.
    """
    tensors, wanted = tensors_of_layers(model, old), _computed(new)
    before = {node.outputs[0]: node for node in old.nodes}
    touched = [node for node in new.nodes if before.get(node.outputs[0]) != node]
    touched += [
        node
        for node in new.nodes
        if any(new.constants.get(name) is not old.constants.get(name) for name in node.inputs) and node not in touched
    ]
    feed = next(iter(random_inputs(old).values()))
    done: list[str] = []
    for layer, tensor in tensors.items():
        near = [node for node in touched if tensor in {n for each in new.after(node.outputs) for n in each.outputs}]
        near += [node for node in touched if tensor in node.outputs and node not in near]
        if not near or tensor not in wanted:
            continue
        if _alike(layer_values(opened(data), feed).get(layer, np.zeros(0)), wanted[tensor]):
            touched = [node for node in touched if node not in near]
            continue
        data, said = _set(data, layer, near, new, opened, wanted[tensor], feed)
        done.append(said)
        touched = [node for node in touched if node not in near]
    if touched:
        raise Inexpressible(
            f"no layer of the model computes what {touched[0].op} does", where=f"node {touched[0].name!r}", hint=_HINT
        )
    return data, done


_HINT = "change the code that builds the model, or write the network as ONNX"


def _set(
    data: bytes,
    layer: str,
    near: Sequence[Any],
    new: Graph,
    opened: Callable[[bytes], Any],
    wanted: Array,
    feed: Array,
) -> tuple[bytes, str]:
    whole = json.loads(_entry(data, "config.json"))
    settings = _settings(whole, layer)
    for key, value in _alternatives(settings, near, new):
        trial = copy.deepcopy(whole)
        before = _settings(trial, layer)[key]
        _settings(trial, layer)[key] = value
        changed = _with_entry(data, "config.json", json.dumps(trial).encode())
        try:
            answer = layer_values(opened(changed), feed)[layer]
        except Exception:
            continue
        if _alike(answer, wanted):
            return changed, f"{layer}.{key}: {before!r} -> {value!r}"
    raise Inexpressible(
        f"no setting of the layer {layer!r} does what the edits ask for",
        where=", ".join(node.op for node in near),
        hint=_HINT,
    )


def _settings(config: Any, layer: str) -> dict[str, Any]:
    """The settings of a layer, wherever in the configuration it is."""
    waiting = [config]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            inner = each.get("config")
            if isinstance(inner, dict) and inner.get("name") == layer and "class_name" in each:
                return inner
        waiting.extend(each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
    raise Inexpressible(f"the file does not describe the layer {layer!r}", hint=_HINT)


def _alternatives(settings: Mapping[str, Any], near: Sequence[Any], new: Graph) -> Iterator[tuple[str, Any]]:
    """Other values of settings: from lists of names, and from the numbers that the edits bring."""
    numbers = [value for node in near for value in node.attributes.values() if isinstance(value, int | float)]
    constants = [new.constants[name] for node in near for name in node.inputs if name in new.constants]
    numbers += [value.item() for value in constants if value.size == 1]
    lists = [list(value) for node in near for value in node.attributes.values() if isinstance(value, list | tuple)]
    for key, now in settings.items():
        if isinstance(now, bool):
            yield key, not now
        elif isinstance(now, float):
            yield from ((key, float(each)) for each in numbers if each != now)
        elif key in _SIZES and isinstance(now, list):
            yield from ((key, each) for each in lists if len(each) == len(now) and each != now)
        if key in _CHOICES:
            yield from ((key, each) for each in _CHOICES[key] if each != now and isinstance(each, type(now)))


def _entry(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


def _with_entry(data: bytes, name: str, content: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        for info in old.infolist():
            archive.writestr(info, content if info.filename == name else old.read(info))
    return held.getvalue()
