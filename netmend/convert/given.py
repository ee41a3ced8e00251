"""What the user gave for a conversion, read and checked."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from netmend.convert.converters._base import Asked
from netmend.core.errors import UsageError
from netmend.network.load import load


def asked_of(
    source: Path,
    target: Path,
    *,
    architecture: str = "",
    shape: str = "",
    opset: int | None = None,
    python: Path | None,
) -> Asked:
    """The conversion that is asked for, with its source read.

    Args:
        shape: of the inputs of a source whose file holds weights alone: "1,3,224,224".

    Raises:
        UsageError: the target exists or is in no folder, or the shape is none.
        NetmendError: as `netmend.network.load.load`.
    """
    if target.exists():
        raise UsageError(f"{target} exists already", hint="nothing is overwritten: name another file")
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent}", hint="make it first, or name another")
    try:
        example = np.zeros([int(each) for each in shape.split(",")], np.float32) if shape else None
    except ValueError as error:
        raise UsageError(f"--input-shape {shape} is no shape", hint="write 1,3,224,224") from error
    return Asked(source, load(source, architecture or None, example), target, opset, python or Path(sys.executable))
