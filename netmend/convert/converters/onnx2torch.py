"""ONNX to PyTorch by onnx2torch, written as an exported program."""

from __future__ import annotations

from netmend.convert.converters._base import Asked, ConversionFailed, Converter, first_line, needed
from netmend.core.errors import EnvironmentFault
from netmend.network.backends._fx import program_of


def _convert(asked: Asked) -> None:
    torch = needed("torch")
    try:
        onnx2torch = needed("onnx2torch")
    except (ImportError, RuntimeError) as error:
        raise EnvironmentFault(
            f"onnx2torch cannot be imported: {first_line(error)}",
            hint="it needs a torchvision that fits torch: versions of one release, both for CPU or both for GPU",
        ) from error
    try:
        module = onnx2torch.convert(str(asked.source)).eval()
        names = ("",) if len(asked.network.graph.inputs) == 1 else tuple(x.name for x in asked.network.graph.inputs)
        torch.export.save(program_of(module, asked.network.graph, names), asked.target)
    except Exception as error:  # it lets through whatever fails inside it
        raise ConversionFailed(f"onnx2torch failed: {first_line(error)}") from error


CONVERTER = Converter("onnx", ".pt2", 0, _convert)
