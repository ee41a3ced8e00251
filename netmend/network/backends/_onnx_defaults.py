"""An ONNX network of which some inputs are given numbers, and are inputs no more."""

from __future__ import annotations

from collections.abc import Mapping

from netmend.network.backends._base import package
from netmend.network.backends.onnx import OnnxNetwork, from_bytes
from netmend.network.graph import Array


def with_numbers(network: OnnxNetwork, values: Mapping[str, Array]) -> OnnxNetwork:
    """The network with stored tensors in the place of some inputs; its file is left as it is.

    Args:
        values: by input, in its type and shape.

    Raises:
        UnsupportedModel: the network cannot be read with them.
    """
    onnx = package("onnx", "reading ONNX files")
    model = onnx.ModelProto.FromString(network.data)
    kept = [each for each in model.graph.input if each.name not in values]
    copies = [type(each).FromString(each.SerializeToString()) for each in kept]
    del model.graph.input[:]
    model.graph.input.extend(copies)
    model.graph.initializer.extend(onnx.numpy_helper.from_array(value, name) for name, value in values.items())
    return from_bytes(network.path, model.SerializeToString())
