"""PyTorch to ONNX by torch's exporter for exported programs, its default since version 2.9."""

from __future__ import annotations

import warnings
from typing import Any

from netmend.convert.converters._base import Asked, ConversionFailed, Converter, first_line, needed
from netmend.network.backends._lower import as_arguments
from netmend.network.random_inputs import random_inputs


def _convert(asked: Asked) -> None:
    torch = needed("torch")
    needed("onnxscript")
    network: Any = asked.network
    arguments, keywords = as_arguments(dict(zip(network.names, random_inputs(network.graph).values(), strict=True)))
    options = {} if asked.opset is None else {"opset_version": asked.opset}
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            written = torch.onnx.export(
                network.exported, arguments, kwargs=keywords or None, dynamo=True, verbose=False, **options
            )
            written.save(asked.target)
    except Exception as error:  # the exporter lets through whatever fails inside it
        raise ConversionFailed(f"torch's exporter failed: {first_line(error)}") from error


CONVERTER = Converter("torch", ".onnx", 0, _convert)
