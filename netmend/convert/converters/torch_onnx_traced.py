"""PyTorch to ONNX by torch's older exporter, which traces one run."""

from __future__ import annotations

import warnings
from typing import Any

from netmend.convert.converters._base import Asked, ConversionFailed, Converter, first_line, needed
from netmend.network.backends._lower import as_arguments
from netmend.network.random_inputs import random_inputs

NEWEST = 17
"""The version of the operators that it writes where none is asked for: what onnx2torch and onnx2tf know (own battery of
151 modules: more convert at 17 than at any newer one)."""


def _convert(asked: Asked) -> None:
    torch = needed("torch")
    network: Any = asked.network
    arguments, keywords = as_arguments(dict(zip(network.names, random_inputs(network.graph).values(), strict=True)))
    inputs, outputs = ([each.name for each in side] for side in (network.graph.inputs, network.graph.outputs))
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            module = network.module
            if network.program is not None:
                # A program refuses to change its mode, which the exporter asks for; it is in evaluation mode for good.
                module = network.program.module()
                module.train = lambda mode=True: module
            torch.onnx.export(
                module,
                (*arguments, keywords) if keywords else arguments,
                str(asked.target),
                dynamo=False,
                opset_version=asked.opset or NEWEST,
                input_names=inputs,
                output_names=outputs,
                dynamic_axes={
                    each.name: {0: "batch"}
                    for each in (*network.graph.inputs, *network.graph.outputs)
                    if each.shape[:1] == (None,) and network.graph.rows is None
                },
            )
    except Exception as error:  # the exporter lets through whatever fails inside it
        raise ConversionFailed(f"torch's older exporter failed: {first_line(error)}") from error


CONVERTER = Converter("torch", ".onnx", 1, _convert)
