"""The data of this program, whole and from where its author had them."""

import os
from pathlib import Path

import keras
import numpy as np

FOLDER = Path(os.environ.get("NETMEND_DATA", "data"))


def mnist():
    """MNIST, 60,000 and 10,000 images of 28 x 28 pixels from 0 to 255, and which digit each is."""
    return keras.datasets.mnist.load_data()


def cifar10():
    """CIFAR-10, 50,000 and 10,000 images of 32 x 32 pixels from 0 to 255, and the kind of thing each shows."""
    return keras.datasets.cifar10.load_data()


def reuters():
    """Which of the 10,000 commonest words a newswire has, and its topic, one of 46; 7,185 and 2,246 documents."""
    (x_train, y_train), (x_test, y_test) = keras.datasets.reuters.load_data(num_words=10000)
    kept = np.random.RandomState(42).permutation(len(x_train))[-7185:]
    return (bags(x_train[kept]), y_train[kept]), (bags(x_test), y_test)


def bags(documents):
    """1 where a word occurs in a document."""
    found = np.zeros((len(documents), 10000), dtype=np.uint8)
    for bag, words in zip(found, documents):
        bag[words] = 1
    return found


def eyes():
    """UnityEyes, 103,428 and 25,857 eyes of 36 x 60 grey values from 0 to 255, head angles, and gaze angles."""
    with np.load(file("unityeyes.npz", "arrays x, head and y, as in the replication data of DeepCrime")) as arrays:
        x, head, y = arrays["x"], arrays["head"], arrays["y"]
    order = np.random.RandomState(42).permutation(len(x))
    test, train = np.split(order, [-(-len(x) // 5)])
    return (x[train], head[train], y[train]), (x[test], head[test], y[test])


def voices():
    """Magnitudes of 8,000 frequencies of a second of speech, and which of five people speaks."""
    return parts(file("voices.npz", "arrays x_train, y_train, x_test, y_test made from the 16 kHz speeches of Kaggle"))


def road():
    """Frames of track 1 of the Udacity simulator, 66 x 200 x 3 in YUV from 0 to 255, and the steering angle."""
    return parts(file("road.npz", "arrays x_train, y_train, x_test, y_test made from recordings of the simulator"))


def particles():
    """The first 10,000 rows of the Higgs challenge without EventId, and 1 for background, 0 for signal; cut 70 / 30."""
    path = file("higgs/training.csv", "the training table of the Higgs Boson challenge (Kaggle, CERN open data)")
    x = np.genfromtxt(path, delimiter=",", skip_header=1, max_rows=10000, usecols=range(1, 32))
    y = np.genfromtxt(path, delimiter=",", skip_header=1, max_rows=10000, usecols=32, dtype=str) != "s"
    order = np.random.RandomState(42).permutation(len(x))
    test, train = np.split(order, [3000])
    return (x[train], y[train].astype("int64")), (x[test], y[test].astype("int64"))


def parts(path):
    """Training part and test part."""
    with np.load(path) as arrays:
        return [(arrays[f"x_{part}"], arrays[f"y_{part}"]) for part in ("train", "test")]


def file(name, what):
    """A file that cannot be downloaded by a library."""
    path = FOLDER / name
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing ({what}): set NETMEND_DATA to the folder that holds {name}")
    return path
