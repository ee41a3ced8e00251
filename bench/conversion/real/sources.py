"""The networks of the battery as files that are converted: exported programs, Keras models, ONNX models."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from bench.conversion.real.inputs import Taken, rows

ENDINGS = {"torch": ".pt2", "keras": ".keras", "onnx": ".onnx", "tflite": ".tflite"}


@dataclass(frozen=True, slots=True)
class Source:
    """One network.

    Attributes:
        family: "torch", "keras" or "onnx". make: the live module or model. taken: its inputs.
    """

    family: str
    name: str
    make: Callable[[], Any]
    taken: tuple[Taken, ...]

    @property
    def seed(self) -> int:
        """The same wherever it is made."""
        return zlib.crc32(f"{self.family} {self.name}".encode()) % 2**31

    def made(self) -> Any:
        """The live module or model, with weights of its own."""
        if self.family == "onnx":
            return self.make()
        return _module(self) if self.family == "torch" else _model(self)


def sources(family: str) -> Mapping[str, Source]:
    """All networks of a family, by name."""
    if family == "torch":
        from bench.conversion.real.torch_functions import functions
        from bench.conversion.real.torch_layers import layers

        found: list[Any] = [*layers(), *functions()]
    elif family == "keras":
        os.environ.setdefault("KERAS_BACKEND", "torch")
        from bench.conversion.real.keras_layers import models

        found = list(models())
    else:
        from bench.conversion.real.onnx_operators import operators

        found = list(operators())
    named = {name: Source(family, name, make, taken) for name, make, taken in found}
    if len(named) < len(found):
        raise ValueError(f"two networks of {family} have one name")
    return named


def _module(source: Source) -> Any:
    import torch

    torch.manual_seed(source.seed)
    module = source.make().eval()
    with torch.no_grad():
        for name, value in module.named_buffers():
            if name.endswith("running_var"):
                value.uniform_(0.5, 2)
            elif name.endswith("running_mean"):
                value.normal_()
        for inner in module.modules():
            if "Norm" in type(inner).__name__:
                for value in inner.parameters(recurse=False):
                    value.add_(0.3 * torch.randn_like(value))
    return module


def _model(source: Source) -> Any:
    keras: Any = import_module("keras")

    keras.utils.set_random_seed(source.seed)
    model = source.make()
    random = np.random.default_rng(source.seed)
    for weight in model.weights:
        held = np.asarray(keras.ops.convert_to_numpy(weight))
        if held.dtype.kind != "f" or weight.name.startswith("seed"):
            continue
        drawn = random.normal(size=held.shape)
        weight.assign((np.abs(drawn) + 0.5 if "variance" in weight.name else held + 0.2 * drawn).astype(held.dtype))
    return model


def exported(module: Any, taken: tuple[Taken, ...]) -> Any:
    """A module as an exported program, for any number of rows where that can be had, else for one."""
    import torch
    from torch.fx.experimental.proxy_tensor import make_fx

    for count, traced in ((2, False), (1, False), (2, True), (1, True)):
        values = tuple(map(torch.from_numpy, rows(taken, count, 0)))
        free = None if count == 1 else [{0: torch.export.Dim("rows")} for _ in values]
        try:
            with torch.no_grad():
                # Where numbers that are stored as tensors decide shapes, only what one run does can be written down.
                held = make_fx(lambda *given: module(*given), tracing_mode="real")(*values) if traced else module
                return torch.export.export(held, values, dynamic_shapes=_by_place(free, held))
        except Exception:  # what cannot be said for any number of rows
            if traced and count == 1:
                raise
    raise AssertionError


def _by_place(free: list[dict[int, Any]] | None, module: Any) -> Any:
    """Dynamic shapes in the order of the arguments; those of a function with *values are one argument."""
    import inspect

    starred = any(each.kind is each.VAR_POSITIONAL for each in inspect.signature(module.forward).parameters.values())
    return None if free is None else (tuple(free),) if starred else tuple(free)


def write(source: Source, path: Path) -> None:
    """Write the file that is converted."""
    made = source.made()
    path.parent.mkdir(parents=True, exist_ok=True)
    if source.family == "torch":
        import torch

        torch.export.save(exported(made, source.taken), path)
    elif source.family == "keras":
        made.save(path)
    else:
        path.write_bytes(made.SerializeToString())
