"""ONNX to TFLite by onnx2tf, a program of an environment of its own (its packages clash with newer ones)."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from netmend.convert.converters._base import Asked, ConversionFailed, Converter, ran
from netmend.core.errors import EnvironmentFault


def _convert(asked: Asked) -> None:
    folder = str(asked.python.parent)
    path = os.pathsep.join([folder, os.environ.get("PATH", "")])
    program = shutil.which("onnx2tf", path=path)
    if program is None or shutil.which("onnxsim", path=path) is None:
        # Without onnxsim some of its results are wrong without a word (own measurement).
        raise EnvironmentFault(
            "ONNX to TFLite needs the programs onnx2tf and onnxsim",
            hint="pip install onnx2tf onnxsim in an environment of its own, and name its interpreter with --python",
        )
    with tempfile.TemporaryDirectory() as place:
        made = Path(place) / f"{asked.source.stem}_float32.tflite"
        ran([program, "-i", str(asked.source.resolve()), "-o", place, "-n"], made, {**os.environ, "PATH": path})
        if not made.is_file():
            raise ConversionFailed("onnx2tf made no float32 network")
        shutil.copyfile(made, asked.target)


CONVERTER = Converter("onnx", ".tflite", 0, _convert)
