"""Files in their own runtimes, called plainly: what is right and wrong is not for netmend to say here."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from netmend.network.graph import Array

Run = Callable[[Sequence[Array]], list[Array]]
"""Inputs in order, to outputs in order."""


def runner(path: Path) -> Run:
    """A file ready to run; raises whatever its runtime raises."""
    return {".onnx": _onnx, ".tflite": _tflite, ".pt2": _torch, ".keras": _keras}[path.suffix](path)


def answers(run: Run, values: Sequence[Array]) -> list[Array]:
    """All rows at once where the file takes them, else one after another."""
    try:
        return run(values)
    except Exception as first:  # whatever a runtime raises for a number of rows that it was not made for
        try:
            parts = [run([each[row : row + 1] for each in values]) for row in range(len(values[0]))]
        except Exception:
            raise first from None
        return [np.concatenate(each) if each[0].ndim else np.stack(each) for each in zip(*parts, strict=True)]


def _onnx(path: Path) -> Run:
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    taken = in_order(session.get_inputs(), lambda each: each.name)

    def run(values: Sequence[Array]) -> list[Array]:
        kinds = {"tensor(int32)": "int32", "tensor(int64)": "int64", "tensor(float)": "float32"}
        given = {
            each.name: _turned(value, each.shape).astype(kinds[each.type])
            for each, value in zip(taken, values, strict=True)
        }
        return [np.asarray(each) for each in session.run(None, given)]

    return run


def _torch(path: Path) -> Run:
    import torch

    module = torch.export.load(path).module()

    def run(values: Sequence[Array]) -> list[Array]:
        with torch.no_grad():
            found = module(*map(torch.from_numpy, values))
        return [each.numpy() for each in (found if isinstance(found, tuple | list) else [found])]

    return run


def _keras(path: Path) -> Run:
    keras: Any = import_module("keras")

    model = keras.saving.load_model(path, compile=False)

    def run(values: Sequence[Array]) -> list[Array]:
        found = model(list(values) if len(values) > 1 else values[0], training=False)
        return [keras.ops.convert_to_numpy(each) for each in (found if isinstance(found, tuple | list) else [found])]

    return run


def _tflite(path: Path) -> Run:
    interpreter: Any = import_module("ai_edge_litert.interpreter")

    network = interpreter.Interpreter(model_path=str(path))
    network.allocate_tensors()
    taken, given_back = in_order(network.get_input_details(), lambda each: each["name"]), network.get_output_details()

    def run(values: Sequence[Array]) -> list[Array]:
        if len(values) != len(taken):
            raise ValueError(f"the file takes {len(taken)} inputs")
        rows = [[value[row : row + 1] for value in values] for row in range(len(values[0]))]
        parts = []
        for row in rows:
            for each, value in zip(taken, row, strict=True):
                network.set_tensor(each["index"], _turned(value, each["shape"].tolist()).astype(each["dtype"]))
            network.invoke()
            parts.append([network.get_tensor(each["index"]).copy() for each in given_back])
        return [np.concatenate(each) if each[0].ndim else np.stack(each) for each in zip(*parts, strict=True)]

    return run


def in_order(taken: Sequence[Any], name_of: Callable[[Any], str]) -> Sequence[Any]:
    """Inputs in the order of the source: where converters number them in their names, by the number."""
    ends = [re.search(r"(\d+)(:0)?$", name_of(each)) for each in taken]
    if any(each is None for each in ends):
        return taken
    return [
        each for _, each in sorted(zip((int(end[1]) for end in ends if end), taken, strict=True), key=lambda x: x[0])
    ]


def _turned(value: Array, shape: Sequence[Any]) -> Array:
    """Channels last, or first, where the file takes them so."""
    fixed = [each if isinstance(each, int) else None for each in shape[1:]]
    for found in (value, *([np.moveaxis(value, 1, -1), np.moveaxis(value, -1, 1)] if value.ndim > 2 else [])):
        if len(fixed) == found.ndim - 1 and all(
            one in (None, other) for one, other in zip(fixed, found.shape[1:], strict=True)
        ):
            return np.ascontiguousarray(found)
    return value
