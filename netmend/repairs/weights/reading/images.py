"""Points from a folder of pictures: one folder for each class, named by its number, or by names in alphabetical order.

Each picture is brought to RGB (or grey, for a network with one channel), its short side to 256/224 of the size, its
centre cut out, and each pixel p in [0, 255] becomes (p / 255 - mean) / std. The network's input says whether channels
come first. Pictures that lie in the folder itself have no class.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from netmend.core.errors import UsageError
from netmend.network.graph import Signature
from netmend.network.pictures import ENDINGS, frame, pixels
from netmend.repairs.weights.reading._base import Form, Images, PointSet
from netmend.repairs.weights.requirements._base import Array


def read(path: Path, inputs: tuple[Signature, ...], images: Images) -> PointSet:
    """See above."""
    found, labels, names = _listed(path)
    if not found:
        hint = f"put pictures ({', '.join(sorted(ENDINGS))}) into one folder for each class"
        raise UsageError("the folder has no pictures", where=str(path), hint=hint)
    height, width, channels, last = frame(inputs[0], images.size, str(path))
    if images.size is not None and (height, width) != (images.size, images.size):
        raise UsageError(f"the network takes pictures of {height} by {width}, not {images.size}", where=str(path))
    pictures = np.stack([pixels(file, height, width, channels) for file in found])
    mean, std = (np.asarray(each, np.float32) for each in (images.mean, images.std))
    if len(mean) not in (1, channels) or len(std) not in (1, channels) or not np.all(std > 0):
        raise UsageError(f"--mean and --std need one number or {channels}, and --std above zero", where=str(path))
    scaled = (pictures.astype(np.float32) / 255 - mean) / std
    return PointSet(scaled if last else scaled.transpose(0, 3, 1, 2), labels=labels, classes=names)


def _listed(path: Path) -> tuple[list[Path], Array | None, tuple[str, ...]]:
    """Files, classes and their names."""
    folders = sorted(each for each in path.iterdir() if each.is_dir())
    if not folders:
        return sorted(each for each in path.iterdir() if each.suffix.lower() in ENDINGS), None, ()
    numbered = all(folder.name.isdigit() for folder in folders)
    files, labels = [], []
    for place, folder in enumerate(folders):
        own = sorted(each for each in folder.iterdir() if each.suffix.lower() in ENDINGS)
        files += own
        labels += [int(folder.name) if numbered else place] * len(own)
    return files, np.array(labels, dtype=np.int64), tuple(folder.name for folder in folders)


FORM = Form(("/",), read)
