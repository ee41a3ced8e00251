"""Points from a folder of pictures: one folder for each class, named by its number, or by names in alphabetical order.

Names say which class is meant only if all classes are there, which is checked where the network's outputs are known: a
class without pictures has an empty folder. Hidden files and folders are left out, and empty ones beside numbers.
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
    """Files, classes and, of folders that are not named by numbers, their names.

    Raises:
        UsageError: some folders are named by numbers and some are not.
    """
    folders = [each for each in _shown(path) if each.is_dir()]
    own = {folder: _pictures(folder) for folder in folders}
    filled = [folder for folder in folders if own[folder]]
    if not filled:
        return _pictures(path), None, ()
    numbered = [folder for folder in filled if folder.name.isdecimal()]
    if numbered and len(numbered) < len(filled):
        word = next(folder.name for folder in filled if folder not in numbered)
        what = f"some folders are named by class numbers, such as {numbered[0].name}, and some not, such as {word}"
        raise UsageError(what, where=str(path), hint="name every folder by the number of its class, from 0")
    used = filled if numbered else folders
    classes = [int(folder.name) for folder in used] if numbered else list(range(len(used)))
    labels = np.repeat(np.array(classes, dtype=np.int64), [len(own[folder]) for folder in used])
    names = () if numbered else tuple(folder.name for folder in used)
    return [file for folder in used for file in own[folder]], labels, names


def _pictures(path: Path) -> list[Path]:
    return [each for each in _shown(path) if each.suffix.lower() in ENDINGS]


def _shown(path: Path) -> list[Path]:
    """What lies in a folder, in alphabetical order, without what the system or an editor has hidden there."""
    return sorted(each for each in path.iterdir() if not each.name.startswith("."))


FORM = Form(("/",), read)
