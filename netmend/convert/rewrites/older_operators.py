"""ONNX files in version 17 of the operators, by ONNX's own version converter: newer ones few converters know."""

from __future__ import annotations

from pathlib import Path

from netmend.convert.converters._base import needed
from netmend.convert.rewrites._base import Rewrite
from netmend.network.backends._base import Network

VERSION = 17
"""The newest version that onnx2torch knows by and large (its table of operators, 1.5.15)."""


def _rewrite(network: Network, destination: Path) -> bool:
    if network.format != "onnx" or network.graph.opset <= VERSION:
        return False
    onnx = needed("onnx")
    path: Path = network.path  # type: ignore[attr-defined]
    try:
        older = onnx.version_converter.convert_version(onnx.load(path), VERSION)
    except RuntimeError:
        return False  # an operator that there was not yet
    onnx.save(older, destination)
    return True


REWRITE = Rewrite(f"written in version {VERSION} of the operators", _rewrite, late=True)
