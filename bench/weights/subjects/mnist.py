"""Fully connected MNIST networks of ERAN, and a small MobileViT that `bench/weights/train.py` trains, with digits under
fog, misclassified digits, and regions of rotations.

fog            Digits under the fog of MNIST-C: test digits 0-1,999 are the pool, 2,000-3,999 are unseen.
misclassified  Digits that the network gets wrong: of the training set the pool, of test digits 0-3,999 unseen.
rotated        Each foggy digit of the pool at seven angles from -30 to 30 degrees, the vertices of one region (angles
               as in Tao et al., PLDI 2023, third experiment); unseen are foggy digits at angles drawn evenly between.

Clean test digits 4,000-5,999 are for choosing, 6,000-7,999 for reporting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.weights.subjects import mobilevit as architecture
from bench.weights.subjects._base import DATA, TRAINED, Case, Judged, Subject, drawn, labelled, points, wrong
from netmend.network.backends._base import Network
from netmend.network.load import load
from netmend.repairs.weights.harm import outputs
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.specification import Labels, Specification
from netmend.repairs.weights.subject import NetworkUnderRepair

ANGLES = tuple(range(-30, 31, 10))
MOBILEVIT = "mobilevit.pth"
DIGITS, FOG = "mnist/mnist.npz", "mnist/mnist_fog_test.npz"


@lru_cache(maxsize=1)
def _network(path: Path) -> Network:
    if path.parent == TRAINED:
        return load(path, mobilevit, np.zeros((2, 1, 32, 32), np.float32))
    return load(path)


@lru_cache(maxsize=2)
def _arrays(file: str) -> dict[str, Array]:
    with np.load(DATA / file) as found:
        return dict(found)


def make(path: Path, fault: str, size: int, seed: int) -> Case:
    """See the module's docstring; the size of `rotated` counts regions."""
    network = _network(path)
    shape = network.graph.inputs[0].shape[1:]
    clean, foggy = _arrays(DIGITS), _arrays(FOG)

    def scaled(images: Array) -> Array:
        return _scaled(images, shape)

    def ordinary(part: slice) -> Judged:
        return labelled(scaled(clean["x_test"][part]), clean["y_test"][part])

    before: Array | None = None
    if fault == "misclassified":
        specification, unseen = _misclassified(path, scaled, size, seed)
    else:
        chosen = drawn(np.arange(2000), size, seed)
        images, labels = foggy["x_test"][chosen], foggy["y_test"][chosen]
        others, their = foggy["x_test"][2000:], foggy["y_test"][2000:]
        if fault == "fog":
            before = scaled(clean["x_test"][chosen])
            specification = points(scaled(images), labels)
        else:
            many = len(ANGLES)
            turned = np.concatenate([_turned(image, ANGLES) for image in images])
            regions = tuple(range(many * at, many * (at + 1)) for at in range(size))
            required = Labels(np.repeat(labels, many).astype(np.int64), 1e-3)
            specification = Specification(scaled(turned), required, regions)
            angles = np.random.default_rng(0).uniform(ANGLES[0], ANGLES[-1], len(others))
            pairs = zip(others, angles, strict=True)
            others = np.concatenate([_turned(image, (float(angle),)) for image, angle in pairs])
        unseen = labelled(scaled(others), their)
    choosing = ordinary(slice(4000, 6000))
    subject = NetworkUnderRepair(path, network, specification, reference=choosing.inputs, clean=before)
    return Case(subject, choosing, ordinary(slice(6000, 8000)), unseen)


def _misclassified(path: Path, scaled: Callable[[Array], Array], size: int, seed: int) -> tuple[Specification, Judged]:
    network, clean = _network(path), _arrays(DIGITS)
    chosen = drawn(_errors(path), size, seed)
    inputs, labels = scaled(clean["x_test"][:4000]), clean["y_test"][:4000]
    unseen = wrong(outputs(network, inputs), labels)
    specification = points(scaled(clean["x_train"][chosen]), clean["y_train"][chosen])
    return specification, labelled(inputs[unseen], labels[unseen])


@lru_cache(maxsize=1)
def _errors(path: Path) -> Array:
    """Training digits that a network gets wrong."""
    clean, network = _arrays(DIGITS), _network(path)
    shape = network.graph.inputs[0].shape[1:]
    return wrong(outputs(network, _scaled(clean["x_train"], shape)), clean["y_train"])


def _scaled(images: Array, shape: Sequence[int | None]) -> Array:
    """Digits in [0, 1] in the shape of a network's inputs, with a black border where those are larger."""
    border = (side - 28) // 2 if len(shape) == 3 and (side := shape[-1]) else 0
    framed = np.pad(images, ((0, 0), (border, border), (border, border)))
    return (framed.reshape(len(images), *shape) / 255).astype(np.float32)


def training(many: int) -> tuple[Array, Array]:
    """What our MobileViT is trained on: training digits and their classes."""
    clean = _arrays(DIGITS)
    return _scaled(clean["x_train"][:many], (1, 32, 32)), clean["y_train"][:many].astype(np.int64)


def mobilevit() -> Any:
    """Its architecture."""
    return architecture.small()


def _turned(image: Array, angles: Sequence[float]) -> Array:
    from scipy.ndimage import rotate

    return np.array([rotate(image.astype(np.float64), angle, reshape=False, order=1) for angle in angles])


def _subject(name: str) -> Subject:
    file = f"models/mnist_relu_{name.replace('x', '_')}.onnx"
    faults = {"fog": SIZES, "misclassified": SIZES, "rotated": (1, 5, 10, 25, 50)}
    return Subject(name, "mnist", faults, partial(make, DATA / file), (file, DIGITS, FOG))


SIZES = (10, 25, 50, 100, 250, 500, 1000)
SUBJECTS = (
    *(_subject(name) for name in ("3x100", "9x100", "9x200")),
    Subject("mobilevit", "mnist", {"fog": SIZES[:5]}, partial(make, TRAINED / MOBILEVIT), (DIGITS, FOG)),
)
