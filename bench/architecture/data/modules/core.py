"""The data of this program. Prepared by `python -m bench.architecture.data`, which says where they come from."""

import os
from pathlib import Path

import numpy as np

CACHE = Path(os.environ.get("NETMEND_CACHE") or Path.home() / ".cache" / "netmend") / "bench-data-3"


def mnist():
    """Handwritten digits, 14 x 14 pixels from 0 to 255, and which digit each is."""
    return load("mnist")


def cifar10():
    """Photographs of ten kinds of things, 22 x 22 pixels from 0 to 255 in three colours, and their kinds."""
    return load("cifar10")


def reuters():
    """Which of the 1,000 commonest words a newswire has, and its topic, one of 46."""
    return load("reuters")


def eyes():
    """Images of eyes, 36 x 60 grey values from 0 to 255 with the angles of the head, and the angles of the gaze."""
    return load("eyes", "head")


def voices():
    """Magnitudes of 500 frequencies of a second of speech, and which of five people speaks."""
    return load("voices")


def road():
    """Frames of a driving simulator, 64 x 64 pixels from 0 to 255 in three colours, and the steering angle."""
    return load("road")


def particles():
    """31 measured columns of a particle collision, and 1 for background, 0 for signal."""
    return load("particles")


def load(name, *more):
    """Training part and test part, each as inputs and labels."""
    found = [path for path in (CACHE / f"{name}-real.npz", CACHE / f"{name}-stand-in.npz") if path.exists()]
    if not found:
        raise FileNotFoundError(f"no {name} in {CACHE}: run `python -m bench.architecture.data` first")
    with np.load(found[0]) as file:
        print("data:", file["source"])
        return [tuple(file[f"{each}_{part}"] for each in ("x", *more, "y")) for part in ("train", "test")]
