"""ResNet-20 and ResNet-56 on CIFAR-10, which lose a tenth of their accuracy to images stored as JPEG.

jpeg  Re-coded test images that the network gets wrong, of one half the pool; the other half are unseen, right or wrong.
      Ordinary are exact training images, one half for choosing and one for reporting: nearly all are right before.
"""

from __future__ import annotations

import io
import zipfile
from functools import lru_cache, partial

import numpy as np

from bench.weights.subjects._base import DATA, Case, Subject, drawn, labelled, points, wrong
from netmend.network.backends._base import Network
from netmend.network.load import load
from netmend.repairs.weights.harm import outputs
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.subject import NetworkUnderRepair

EXACT, JPEG = "cifar10/cifar10_train_0_3199.npz", "cifar10/cifar10_jpeg_10k_2k.zip"
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def _scaled(images: Array) -> Array:
    """Pixels with the mean and deviation that the networks were trained with."""
    mean, deviation = (np.reshape(each, (3, 1, 1)) for each in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    scaled: Array = ((images.transpose(0, 3, 1, 2) / 255 - mean) / deviation).astype(np.float32)
    return scaled


@lru_cache(maxsize=1)
def _images() -> tuple[Array, Array, Array, Array]:
    """Exact images and their classes, re-coded ones in an order drawn once and theirs."""
    from PIL import Image

    with np.load(DATA / EXACT) as found:
        exact, labels = _scaled(found["x"]), found["y"].astype(np.int64)
    with zipfile.ZipFile(DATA / JPEG) as archive:
        names = sorted(name for name in archive.namelist() if name.startswith("test/") and name.endswith(".jpg"))
        names = [names[at] for at in np.random.default_rng(0).permutation(len(names))]
        coded = [np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB")) for name in names]
    return exact, labels, _scaled(np.stack(coded)), np.array([CLASSES.index(name.split("/")[1]) for name in names])


@lru_cache(maxsize=1)
def _network(file: str, blocks: int) -> Network:
    from bench.weights.subjects.resnet import residual

    return load(DATA / file, partial(residual, blocks), _images()[0][:2])


def make(file: str, blocks: int, fault: str, size: int, seed: int) -> Case:
    """See the module's docstring; `jpeg` is the only fault."""
    network, (exact, labels, coded, theirs) = _network(file, blocks), _images()
    middle = len(coded) // 2
    chosen = drawn(wrong(outputs(network, coded[:middle]), theirs[:middle]), size, seed)
    half = len(exact) // 2
    subject = NetworkUnderRepair(
        DATA / file, network, points(coded[chosen], theirs[chosen]), reference=exact[:half], architecture="residual"
    )
    return Case(
        subject,
        labelled(exact[:half], labels[:half]),
        labelled(exact[half:], labels[half:]),
        labelled(coded[middle:], theirs[middle:]),
    )


def _subject(name: str, blocks: int, file: str) -> Subject:
    make_one = partial(make, file, blocks)
    return Subject(name, "cifar", {"jpeg": (10, 25, 50, 100)}, make_one, (file, EXACT, JPEG))


SUBJECTS = (
    _subject("resnet20", 3, "models/cifar10_resnet20-12fca82f.th"),
    _subject("resnet56", 9, "models/cifar10_resnet56-4bfd9763.th"),
)
