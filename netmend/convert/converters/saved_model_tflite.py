"""SavedModel to TFLite by TensorFlow's converter, in a process of its own."""

from __future__ import annotations

import os

from netmend.convert.converters._base import Asked, Converter, lives_there, ran

_PROGRAM = """
import sys
import tensorflow
made = tensorflow.lite.TFLiteConverter.from_saved_model(sys.argv[1]).convert()
with open(sys.argv[2], "wb") as file:
    file.write(made)
"""


def _convert(asked: Asked) -> None:
    lives_there(asked, "tensorflow", "SavedModel to TFLite")
    command = [str(asked.python), "-c", _PROGRAM, str(asked.source.resolve()), str(asked.target.resolve())]
    ran(command, asked.target, {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})


CONVERTER = Converter("saved_model", ".tflite", 0, _convert)
