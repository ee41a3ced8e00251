"""Small excerpts of real data sets: fewer rows and coarser images or vocabularies, nothing made up."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np

from bench.architecture.data.arrays import Array, Split, cut

FILES = {
    "mnist": "mnist/mnist.npz",
    "cifar10": "cifar10/cifar10_jpeg_10k_2k.zip",
    "reuters": "text/reuters.npz",
}
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
VOCABULARY = 1000
"""Word ids that are counted; the published program has 10,000."""


def at_hand(name: str, folder: Path) -> bool:
    """Whether the real data of that name are in a folder."""
    return name in FILES and (folder / FILES[name]).is_file()


def mnist(folder: Path) -> Split:
    """The first 2,000 training and 2,000 test images; each pixel the mean of four, so 14 x 14."""
    with np.load(folder / FILES["mnist"]) as file:
        images = np.concatenate([file["x_train"][:2000], file["x_test"][:2000]])
        labels = np.concatenate([file["y_train"][:2000], file["y_test"][:2000]])
    coarse = images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).round().astype(np.uint8)
    return cut("MNIST, the first 2,000 and 2,000 images at 14 x 14 pixels", coarse, labels, 2000)


def cifar10(folder: Path) -> Split:
    """The middle 22 x 22 pixels of 2,000 training and 2,000 test images, equally many of each class.

    The files are JPEG; figures cannot be compared with published ones anyway.
    """
    with zipfile.ZipFile(folder / FILES["cifar10"]) as file:
        x_train, y_train = _decoded(file, "train", 200)
        x_test, y_test = _decoded(file, "test", 200)
    images, labels = np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])
    return cut("CIFAR-10 (JPEG copy), 2,000 and 2,000 images, the middle 22 x 22 pixels", images, labels, 2000)


def _decoded(file: zipfile.ZipFile, part: str, count: int) -> tuple[Array, Array]:
    """The first images of every class, classes taking turns so that any excerpt is balanced."""
    from PIL import Image

    found = sorted(file.namelist())
    classes = [[name for name in found if name.startswith(f"{part}/{label}/")][:count] for label in CLASSES]
    names = [name for turn in zip(*classes, strict=True) for name in turn]
    images = [np.asarray(Image.open(io.BytesIO(file.read(name))).convert("RGB"))[5:27, 5:27] for name in names]
    return np.stack(images), np.tile(np.arange(10, dtype=np.uint8), count)


def reuters(folder: Path) -> Split:
    """The published 7,185 training rows (80 % of the official training part, seed 42) and the official test part."""
    with np.load(folder / FILES["reuters"]) as file:
        kept = np.random.RandomState(42).permutation(8982)[-7185:]
        train = _bags(file["train_tokens"], file["train_offsets"])[kept]
        test = _bags(file["test_tokens"], file["test_offsets"])
        labels = np.concatenate([file["y_train"][kept], file["y_test"]])
    source = f"Reuters newswire, 7,185 and {len(test):,} documents as bags of the {VOCABULARY:,} commonest words"
    return cut(source, np.concatenate([train, test]), labels, 7185)


def _bags(tokens: Array, offsets: Array) -> Array:
    """1 where a word occurs in a document."""
    bags = np.zeros((len(offsets) - 1, VOCABULARY), dtype=np.uint8)
    documents = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    common = tokens < VOCABULARY
    bags[documents[common], tokens[common]] = 1
    return bags
