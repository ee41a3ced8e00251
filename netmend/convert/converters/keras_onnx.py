"""Keras to ONNX by Keras' own export."""

from __future__ import annotations

from typing import Any

from netmend.convert.converters._base import Asked, ConversionFailed, Converter, first_line, needed
from netmend.network.random_inputs import random_inputs


def _convert(asked: Asked) -> None:
    needed("onnxscript")
    network: Any = asked.network
    options = {} if asked.opset is None else {"opset_version": asked.opset}
    try:
        # Keras exports only models that have been called.
        network.run(next(iter(random_inputs(network.graph, rows=1).values())))
        network.model.export(str(asked.target), format="onnx", verbose=False, **options)
    except Exception as error:  # Keras lets through whatever fails inside it
        raise ConversionFailed(f"Keras' export failed: {first_line(error)}") from error


CONVERTER = Converter("keras", ".onnx", 0, _convert)
