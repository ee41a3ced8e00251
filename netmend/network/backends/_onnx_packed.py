"""Weights of which several are packed into a byte, with a scale for each block of them: MatMulNBits.

References: ONNX Runtime, "Contrib Operators", com.microsoft.MatMulNBits: B is (N, blocks, bytes of a block), the lowest
bits first; zero points are packed likewise, and are half of the range where there are none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from netmend.network.backends._base import package
from netmend.network.graph import Array


@dataclass(frozen=True, slots=True)
class Packed:
    """Packed weights and what they are unpacked to.

    Attributes:
        bits: of a weight. block: how many weights share a scale. sizes: (K, N), of what is multiplied by it.
        stored: in the file: weights, scales, and zero points where there are any.
        tensors: codes as bytes (K, N), scales (blocks, N) and zero points (blocks, N), with names of their own.
    """

    bits: int
    block: int
    sizes: tuple[int, int]
    stored: tuple[Any, ...]
    tensors: tuple[Any, ...]

    def again(self, values: Mapping[str, Array]) -> tuple[Any, ...] | None:
        """What the file holds, of other numbers; None where it cannot hold them.

        Args:
            values: by name of `tensors`.
        """
        numpy = package("onnx.numpy_helper", "writing ONNX files")
        codes, scales, zeros = (values[each.name] for each in self.tensors)
        codes, zeros = codes.astype(np.uint8), zeros.astype(np.uint8)
        plain = len(self.stored) == 2
        if codes.shape != self.sizes or (plain and (zeros != 2 ** (self.bits - 1)).any()):
            return None
        if max(codes.max(), zeros.max()) >= 2**self.bits:
            return None
        weights = np.zeros((self.sizes[1], len(scales) * self.block), np.uint8)
        weights[:, : self.sizes[0]] = codes.T
        made = [_packed(weights.reshape(-1, self.block), self.bits), scales.T]
        made += [] if plain else [_packed(zeros.T.astype(np.uint8), self.bits)]
        found = []
        for proto, value in zip(self.stored, made, strict=True):
            before = numpy.to_array(proto)
            new = value.reshape(before.shape).astype(before.dtype)
            found.append(proto if np.array_equal(new, before) else numpy.from_array(new, proto.name))
        return tuple(found)


def packed_of(node: Any, stored: Mapping[str, Any]) -> Packed | None:
    """What a MatMulNBits reads; None where it is not stored, or is ordered or grouped by an index."""
    numpy = package("onnx.numpy_helper", "reading ONNX files")
    settings = {each.name: each.i for each in node.attribute}
    names = [*node.input[1:4], *[""] * 4]
    index = node.input[4] if len(node.input) > 4 else ""
    given = [name for name in names[:3] if name]
    if index or len(given) < 2 or any(name not in stored or stored[name].external_data for name in given):
        return None
    bits, block, inputs, outputs = (settings.get(name, 0) for name in ("bits", "block_size", "K", "N"))
    bits = bits or 4
    held = [numpy.to_array(stored[name]) for name in given]
    if bits not in (2, 4, 8) or min(block, inputs, outputs) <= 0 or held[0].dtype != np.uint8:
        return None
    count = -(-inputs // block)
    if held[0].size * 8 != outputs * count * block * bits or held[1].size != outputs * count:
        return None
    codes = _unpacked(held[0].reshape(outputs, -1), bits)[:, :inputs].T
    scales = held[1].reshape(outputs, count).T
    zeros = np.full((count, outputs), 2 ** (bits - 1), np.uint8)
    if len(held) == 3:
        if held[2].dtype != np.uint8:
            return None
        zeros = _unpacked(held[2].reshape(outputs, -1), bits)[:, :count].T
    codes, zeros = (each.astype(_type(bits)) for each in (codes, zeros))
    made = ((f"{given[0]} unpacked", codes), (f"{given[1]} of {given[0]}", scales), (f"{given[0]} zero points", zeros))
    tensors = tuple(numpy.from_array(np.ascontiguousarray(value), name) for name, value in made)
    return Packed(bits, block, (inputs, outputs), tuple(stored[name] for name in given), tensors)


def _type(bits: int) -> Any:
    """The NumPy type of unsigned integers of so many bits."""
    return np.uint8 if bits == 8 else getattr(package("ml_dtypes", "reading weights of few bits"), f"uint{bits}")


def _unpacked(rows: Array, bits: int) -> Array:
    """(rows, bytes) to (rows, numbers)."""
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    found: Array = ((rows[:, :, None] >> shifts) & (2**bits - 1)).reshape(len(rows), -1)
    return found


def _packed(rows: Array, bits: int) -> Array:
    """(rows, numbers) to (rows, bytes), what is missing of the last byte zero."""
    each = 8 // bits
    whole = np.zeros((len(rows), -(-rows.shape[1] // each) * each), np.uint8)
    whole[:, : rows.shape[1]] = rows
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    found: Array = (whole.reshape(len(rows), -1, each) << shifts).sum(-1).astype(np.uint8)
    return found
