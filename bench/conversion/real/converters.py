"""The converters of today, as their documentation says to call them; each in the environment in which it lives."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.conversion.real.inputs import rows
from bench.conversion.real.sources import Source, exported


@dataclass(frozen=True, slots=True)
class Converter:
    """One converter.

    Attributes:
        takes: family of its sources ("torch", "keras", "onnx", "tflite"). makes: ending of what it makes.
        call: how it is called, as one reads it in a table. packages: whose versions say which one it is.
        convert: from the network (None where it is only a file), its file, to a file; raises whatever it raises.
        live: it is given the live module or model, and not its file. backend: of Keras, where that matters.
    """

    takes: str
    makes: str
    call: str
    packages: tuple[str, ...]
    convert: Callable[[Source, Any, Path, Path], None]
    live: bool = False
    backend: str = "torch"


def _dynamo(source: Source, module: Any, given: Path, made: Path) -> None:
    import torch

    values = tuple(map(torch.from_numpy, rows(source.taken, 2, 0)))
    try:
        program = exported(module, source.taken)
        written = torch.onnx.export(program, dynamo=True, verbose=False)
    except Exception:  # for the values given, as most people call it
        written = torch.onnx.export(module, tuple(each[:1] for each in values), dynamo=True, verbose=False)
    assert written is not None
    written.save(made)


def _legacy(opset: int) -> Callable[[Source, Any, Path, Path], None]:
    def convert(source: Source, module: Any, given: Path, made: Path) -> None:
        import torch

        values = tuple(map(torch.from_numpy, rows(source.taken, 2, 0)))
        names = [f"x{place}" for place in range(len(values))]
        free = {name: {0: "rows"} for name in (*names, "y")}
        with torch.no_grad():
            torch.onnx.export(
                module, values, str(made), dynamo=False, opset_version=opset, input_names=names, output_names=["y"],
                dynamic_axes=free,
            )  # fmt: skip

    return convert


def _litert(source: Source, module: Any, given: Path, made: Path) -> None:
    litert_torch: Any = import_module("litert_torch")
    import torch

    values = tuple(map(torch.from_numpy, rows(source.taken, 1, 0)))
    litert_torch.convert(module, values).export(str(made))


def _keras_onnx(source: Source, model: Any, given: Path, made: Path) -> None:
    # Keras exports only models that have been called.
    values = rows(source.taken, 2, 0)
    model(values[0] if len(values) == 1 else values)
    model.export(str(made), format="onnx", verbose=False)


def _keras_tflite(source: Source, model: Any, given: Path, made: Path) -> None:
    tensorflow: Any = import_module("tensorflow")

    lite = tensorflow.lite.TFLiteConverter
    try:
        found = lite.from_keras_model(model).convert()
    except Exception:  # recurrent layers need a number of rows, as its documentation says
        taken = [tensorflow.TensorSpec([1, *each.shape[1:]], each.dtype) for each in model.inputs]
        call = tensorflow.function(lambda *values: model(values[0] if len(values) == 1 else list(values)))
        found = lite.from_concrete_functions([call.get_concrete_function(*taken)], model).convert()
    made.write_bytes(found)


def _onnx2torch(source: Source, model: Any, given: Path, made: Path) -> None:
    import torch

    _torchvision()
    onnx2torch: Any = import_module("onnx2torch")

    module = onnx2torch.convert(str(given)).eval()
    torch.export.save(exported(module, source.taken), made)


@cache
def _torchvision() -> Any:
    """The plain wheel of torchvision wants these of a library that only its builds for GPUs bring."""
    library = import_module("torch.library").Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor boxes, Tensor scores, float threshold) -> Tensor")
    return library


def _onnx2tf(source: Source, model: Any, given: Path, made: Path) -> None:
    onnx2tf: Any = import_module("onnx2tf")

    with tempfile.TemporaryDirectory() as place:
        copied = Path(place) / "network.onnx"
        shutil.copyfile(given, copied)
        onnx2tf.convert(str(copied), output_folder_path=place, non_verbose=True, batch_size=1)
        shutil.copyfile(Path(place) / "network_float32.tflite", made)


def _versions(version: int) -> Callable[[Source, Any, Path, Path], None]:
    def convert(source: Source, model: Any, given: Path, made: Path) -> None:
        import onnx

        made.write_bytes(onnx.version_converter.convert_version(onnx.load(given), version).SerializeToString())

    return convert


def _optimised(package: str) -> Callable[[Source, Any, Path, Path], None]:
    def convert(source: Source, model: Any, given: Path, made: Path) -> None:
        import importlib

        import onnx

        tool, read = importlib.import_module(package), onnx.load(given)
        if package == "onnxslim":
            found = tool.slim(read)
        elif package == "onnxsim":
            found = tool.simplify(read)[0]
        else:
            found = tool.optimize(read, tool.get_fuse_and_elimination_passes())
        made.write_bytes(found.SerializeToString())

    return convert


def _onnxscript(source: Source, model: Any, given: Path, made: Path) -> None:
    import onnx
    from onnxscript import optimizer

    made.write_bytes(optimizer.optimize(onnx.load(given)).SerializeToString())


def _tf2onnx(source: Source, model: Any, given: Path, made: Path) -> None:
    tf2onnx: Any = import_module("tf2onnx")

    tf2onnx.convert.from_tflite(str(given), output_path=str(made))


def _tflite2onnx(source: Source, model: Any, given: Path, made: Path) -> None:
    tflite2onnx: Any = import_module("tflite2onnx")

    tflite2onnx.convert(str(given), str(made))


_EXPORTER = ("torch", "onnx", "onnxscript")
CONVERTERS = {
    "torch-onnx": Converter("torch", ".onnx", "torch.onnx.export(dynamo=True)", _EXPORTER, _dynamo, True),
    **{
        f"torch-onnx-traced-{opset}": Converter(
            "torch", ".onnx", f"torch.onnx.export(dynamo=False, opset_version={opset})", ("torch", "onnx"),
            _legacy(opset), True,
        )
        for opset in (17, 11, 9)
    },
    "litert-torch": Converter("torch", ".tflite", "litert_torch.convert", ("litert-torch", "torch"), _litert, True),
    "keras-onnx-torch": Converter(
        "keras", ".onnx", "model.export(format='onnx'), torch", ("keras", "torch", "onnxscript"), _keras_onnx, True
    ),
    "keras-onnx-tensorflow": Converter(
        "keras", ".onnx", "model.export(format='onnx'), tensorflow", ("keras", "tf2onnx", "tensorflow-cpu"),
        _keras_onnx, True, "tensorflow",
    ),
    "keras-tflite": Converter(
        "keras", ".tflite", "tf.lite.TFLiteConverter.from_keras_model", ("tensorflow-cpu", "keras"), _keras_tflite,
        True, "tensorflow",
    ),
    "onnx2torch": Converter("onnx", ".pt2", "onnx2torch.convert, torch.export", ("onnx2torch", "torch"), _onnx2torch),
    "onnx2tf": Converter("onnx", ".tflite", "onnx2tf.convert(batch_size=1)", ("onnx2tf", "tensorflow"), _onnx2tf),
    **{
        f"onnx-version-{version}": Converter(
            "onnx", ".onnx", f"onnx.version_converter.convert_version(model, {version})", ("onnx",), _versions(version)
        )
        for version in (9, 11, 13, 22)
    },
    **{
        name: Converter("onnx", ".onnx", call, (name,), _optimised(name))
        for name, call in (
            ("onnxslim", "onnxslim.slim"), ("onnxsim", "onnxsim.simplify"),
            ("onnxoptimizer", "onnxoptimizer.optimize, all fusing and eliminating passes"),
        )
    },
    "onnxscript-optimizer": Converter("onnx", ".onnx", "onnxscript.optimizer.optimize", ("onnxscript",), _onnxscript),
    "tf2onnx": Converter(
        "tflite", ".onnx", "tf2onnx.convert.from_tflite", ("tf2onnx", "tensorflow-cpu"), _tf2onnx
    ),
    "tflite2onnx": Converter("tflite", ".onnx", "tflite2onnx.convert", ("tflite2onnx", "onnx"), _tflite2onnx),
}  # fmt: skip


def quiet() -> None:
    """No chatter, and no downloads."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
