"""Pictures as a network takes them: size, order of channels, scale, and whether channels come first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netmend.core.errors import UsageError
from netmend.network.graph import Array, Signature
from netmend.network.pictures import ENDINGS, frame


@dataclass(frozen=True, slots=True)
class Preparation:
    """How pictures become inputs of one side: (p / 255 - mean) / std of each pixel p; for integers p itself, and for
    those with a sign p - 128, as TensorFlow Lite's 8-bit quantisation has pictures.

    Attributes:
        mean, std: one number for all channels, or one each. order: "rgb" or "bgr".
        size: width and height where the network takes any; None takes them from the network.
    """

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    order: str = "rgb"
    size: int | None = None


def listed(folder: Path) -> list[Path]:
    """The pictures in a folder and its folders, in order.

    Raises:
        UsageError: there are none.
    """
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
    if not found:
        hint = f"known endings are {', '.join(sorted(ENDINGS))}"
        raise UsageError("the folder has no pictures", where=str(folder), hint=hint)
    return found


def prepared(pixels: Array, wanted: Signature, how: Preparation) -> Array:
    """Pictures (N, height, width, channels), uint8, as an input takes them.

    Raises:
        UsageError: mean or deviation do not fit the channels.
    """
    _, _, channels, last = frame(wanted, how.size)
    turned = pixels[..., ::-1] if how.order == "bgr" and channels == 3 else pixels
    kind = np.dtype(wanted.dtype)
    if kind.kind != "f":
        values = (turned.astype(np.int16) - 128).astype(np.int8) if kind == np.int8 else turned
    else:
        mean, std = (np.asarray(each, np.float32) for each in (how.mean, how.std))
        if len(mean) not in (1, channels) or len(std) not in (1, channels) or not np.all(std > 0):
            raise UsageError(f"mean and deviation need one number or {channels}, and the deviation above zero")
        values = (turned.astype(np.float32) / 255 - mean) / std
    return np.ascontiguousarray(values if last else values.transpose(0, 3, 1, 2))
