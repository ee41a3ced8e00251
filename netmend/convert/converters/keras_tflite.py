"""Keras to TFLite by TensorFlow's converter, in a process of its own, where Keras runs on TensorFlow."""

from __future__ import annotations

import os

from netmend.convert.converters._base import Asked, Converter, lives_there, ran

_PROGRAM = """
import sys
import keras
import tensorflow
model = keras.saving.load_model(sys.argv[1], compile=False, safe_mode=True)
lite = tensorflow.lite.TFLiteConverter
try:
    made = lite.from_keras_model(model).convert()
except Exception:
    # Recurrent layers need a number of rows.
    taken = [tensorflow.TensorSpec([1, *each.shape[1:]], each.dtype) for each in model.inputs]
    call = tensorflow.function(lambda *values: model(values[0] if len(values) == 1 else list(values)))
    made = lite.from_concrete_functions([call.get_concrete_function(*taken)], model).convert()
with open(sys.argv[2], "wb") as file:
    file.write(made)
"""


def _convert(asked: Asked) -> None:
    lives_there(asked, "tensorflow", "Keras to TFLite")
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [str(asked.python), "-c", _PROGRAM, str(asked.source.resolve()), str(asked.target.resolve())]
    ran(command, asked.target, environment)


CONVERTER = Converter("keras", ".tflite", 0, _convert)
