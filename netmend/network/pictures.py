"""Pictures from files, of the size a network takes: what both repairs of networks read their inputs with."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from netmend.core.errors import EnvironmentFault, UsageError
from netmend.network.graph import Array, Signature

ENDINGS = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}

SHORT_SIDE = 256 / 224
"""Of the picture over the size of its centre: as ImageNet is evaluated (Krizhevsky et al., NeurIPS 2012, section 2)."""

LARGEST = 50_000_000
"""Pixels beyond which a file is taken for a hostile one and not decoded (own choice; twice a large photo)."""


def pixels(file: Path, height: int, width: int, channels: int) -> Array:
    """The centre of one picture, (height, width, channels), uint8.

    Raises:
        UsageError: it cannot be decoded, or is of an absurd size. EnvironmentFault: Pillow is missing.
    """
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise EnvironmentFault("reading pictures needs the package Pillow", hint="pip install pillow") from error
    try:
        with Image.open(file) as picture:
            if picture.width * picture.height > LARGEST:
                raise UsageError(f"the picture has {picture.width} x {picture.height} pixels", where=str(file))
            whole = picture.convert("L" if channels == 1 else "RGB")
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UsageError("this picture cannot be read", where=str(file), hint="remove it or save it again") from error
    if whole.size != (width, height):
        factor = SHORT_SIDE * max(height / whole.height, width / whole.width)
        size = max(width, round(whole.width * factor)), max(height, round(whole.height * factor))
        whole = whole.resize(size, Image.Resampling.BILINEAR)
        left, top = (whole.width - width) // 2, (whole.height - height) // 2
        whole = whole.crop((left, top, left + width, top + height))
    found: Array = np.asarray(whole).reshape(height, width, channels)
    return found


def frame(wanted: Signature, size: int | None, where: str = "") -> tuple[int, int, int, bool]:
    """Height, width, channels, and whether channels come last, as an input takes pictures.

    Args:
        size: height and width where the input takes any. where: what is read, for messages.

    Raises:
        UsageError: the input takes no pictures, or pictures of any size and none is given.
    """
    shape = wanted.shape[1:]
    if len(shape) != 3 or (shape[0] not in (1, 3) and shape[2] not in (1, 3)):
        hint = "give the inputs as an npz file"
        raise UsageError(f"the input {wanted.name} of shape {wanted.shape} takes no pictures", where=where, hint=hint)
    last = shape[0] not in (1, 3)
    channels = shape[2] if last else shape[0]
    height, width = (shape[0], shape[1]) if last else (shape[1], shape[2])
    height, width = height or size, width or size
    if not height or not width:
        hint = "say which with --size"
        raise UsageError(f"the input {wanted.name} takes pictures of any size", where=where, hint=hint)
    return int(height), int(width), int(channels or 3), last
