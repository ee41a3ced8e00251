"""Fully connected MNIST networks of ERAN with digits under fog, misclassified digits, and regions of rotations.

fog            Digits under the fog of MNIST-C: test digits 0-1,999 are the pool, 2,000-3,999 are unseen.
misclassified  Digits that the network gets wrong: of the training set the pool, of test digits 0-3,999 unseen.
rotated        Each foggy digit of the pool at seven angles from -30 to 30 degrees, the vertices of one region (angles
               as in Tao et al., PLDI 2023, third experiment); unseen are foggy digits at angles drawn evenly between.

Clean test digits 4,000-5,999 are for choosing, 6,000-7,999 for reporting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial

import numpy as np

from bench.weights.subjects._base import DATA, Case, Judged, Subject, drawn, labelled, points, wrong
from netmend.network.backends._base import Network
from netmend.network.load import load
from netmend.repairs.weights.harm import outputs
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.specification import Labels, Specification
from netmend.repairs.weights.subject import NetworkUnderRepair

ANGLES = tuple(range(-30, 31, 10))
DIGITS, FOG = "mnist/mnist.npz", "mnist/mnist_fog_test.npz"


@lru_cache(maxsize=1)
def _network(file: str) -> Network:
    return load(DATA / file)


@lru_cache(maxsize=2)
def _arrays(file: str) -> dict[str, Array]:
    with np.load(DATA / file) as found:
        return dict(found)


def make(file: str, fault: str, size: int, seed: int) -> Case:
    """See the module's docstring; the size of `rotated` counts regions."""
    network = _network(file)
    shape = network.graph.inputs[0].shape[1:]
    clean, foggy = _arrays(DIGITS), _arrays(FOG)

    def scaled(images: Array) -> Array:
        return (images.reshape(len(images), *shape) / 255).astype(np.float32)

    def ordinary(part: slice) -> Judged:
        return labelled(scaled(clean["x_test"][part]), clean["y_test"][part])

    before: Array | None = None
    if fault == "misclassified":
        specification, unseen = _misclassified(file, scaled, size, seed)
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
    subject = NetworkUnderRepair(DATA / file, network, specification, reference=choosing.inputs, clean=before)
    return Case(subject, choosing, ordinary(slice(6000, 8000)), unseen)


def _misclassified(file: str, scaled: Callable[[Array], Array], size: int, seed: int) -> tuple[Specification, Judged]:
    network, clean = _network(file), _arrays(DIGITS)
    chosen = drawn(_errors(file), size, seed)
    inputs, labels = scaled(clean["x_test"][:4000]), clean["y_test"][:4000]
    unseen = wrong(outputs(network, inputs), labels)
    specification = points(scaled(clean["x_train"][chosen]), clean["y_train"][chosen])
    return specification, labelled(inputs[unseen], labels[unseen])


@lru_cache(maxsize=1)
def _errors(file: str) -> Array:
    """Training digits that a network gets wrong."""
    clean, network = _arrays(DIGITS), _network(file)
    shape = network.graph.inputs[0].shape[1:]
    inputs = (clean["x_train"].reshape(-1, *shape) / 255).astype(np.float32)
    return wrong(outputs(network, inputs), clean["y_train"])


def _turned(image: Array, angles: Sequence[float]) -> Array:
    from scipy.ndimage import rotate

    return np.array([rotate(image.astype(np.float64), angle, reshape=False, order=1) for angle in angles])


def _subject(name: str) -> Subject:
    file = f"models/mnist_relu_{name.replace('x', '_')}.onnx"
    sizes = (10, 25, 50, 100, 250, 500, 1000)
    faults = {"fog": sizes, "misclassified": sizes, "rotated": (1, 5, 10, 25, 50)}
    return Subject(name, "mnist", faults, partial(make, file), (file, DIGITS, FOG))


SUBJECTS = tuple(_subject(name) for name in ("3x100", "9x100", "9x200"))
