"""The data of this program, whole and from where its author had them."""

import os
from pathlib import Path

import numpy as np

FOLDER = Path(os.environ.get("NETMEND_DATA", "data"))


def mnist():
    """MNIST, 60,000 and 10,000 images of 28 x 28 pixels from 0 to 255, and which digit each is."""
    from torchvision.datasets import MNIST

    parts = [MNIST(FOLDER / "torchvision", train=train, download=True) for train in (True, False)]
    return [(part.data.numpy(), part.targets.numpy()) for part in parts]


def cifar10():
    """CIFAR-10, 50,000 and 10,000 images of 32 x 32 pixels from 0 to 255, and the kind of thing each shows."""
    from torchvision.datasets import CIFAR10

    parts = [CIFAR10(FOLDER / "torchvision", train=train, download=True) for train in (True, False)]
    return [(part.data, np.array(part.targets)) for part in parts]


def particles():
    """The first 10,000 rows of the Higgs challenge without EventId, and 1 for background, 0 for signal; cut 70 / 30."""
    path = FOLDER / "higgs/training.csv"
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing (the training table of the Higgs Boson challenge; Kaggle, CERN open data): "
            "set NETMEND_DATA to the folder that holds higgs/training.csv"
        )
    x = np.genfromtxt(path, delimiter=",", skip_header=1, max_rows=10000, usecols=range(1, 32))
    y = np.genfromtxt(path, delimiter=",", skip_header=1, max_rows=10000, usecols=32, dtype=str) != "s"
    order = np.random.RandomState(42).permutation(len(x))
    test, train = np.split(order, [3000])
    return (x[train], y[train].astype("int64")), (x[test], y[test].astype("int64"))
