"""Activations, padding, pooling and sampling of NumPy answer as torch's do."""

from itertools import product

import numpy as np
import pytest

from netmend.network.without_torch import functional as ours
from netmend.network.without_torch.functions import namespace

torch = pytest.importorskip("torch")
theirs = pytest.importorskip("torch.nn.functional")
pytestmark = pytest.mark.torch

RANDOM = np.random.default_rng(1)
WIDE = np.concatenate([RANDOM.uniform(-40, 40, 200), [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-300, -1e-300, 800.0]])
IMAGE = RANDOM.standard_normal((2, 3, 7, 6))


def both(ask, *arrays):
    """The answers of both libraries."""
    one = ask(ours, *(namespace.from_numpy(each) for each in arrays)).numpy()
    other = ask(theirs, *(torch.from_numpy(each) for each in arrays)).numpy()
    assert one.dtype == other.dtype
    assert one.shape == other.shape
    return one, other


def agree(ask, *arrays):
    one, other = both(ask, *arrays)
    np.testing.assert_allclose(one, other, rtol=4e-15, atol=2e-14)
    one, other = both(ask, *(each.astype(np.float32) if each.dtype.kind == "f" else each for each in arrays))
    np.testing.assert_allclose(one, other, rtol=2e-6, atol=2e-6)


ACTIVATIONS = [
    lambda f, x: f.leaky_relu(x, 0.3),
    lambda f, x: f.elu(x, alpha=0.7),
    lambda f, x: f.celu(x, alpha=0.7),
    lambda f, x: f.gelu(x[:-6]),
    lambda f, x: f.gelu(x[:-6], approximate="tanh"),
    lambda f, x: f.softplus(x, threshold=100.0),
    lambda f, x: f.softsign(x[:-6]),
    lambda f, x: f.mish(x[:-6]),
]


@pytest.mark.parametrize("place", range(len(ACTIVATIONS)))
def test_activations_agree(place):
    agree(ACTIVATIONS[place], WIDE)


@pytest.mark.parametrize("pads", [[1, 2], [0, 1, 2, 0], [-1, 2, 0, -3], [0, 0, 0, 0, 1, 0, 0, 2]])
def test_padding_agrees_cut_off_or_added(pads):
    agree(lambda f, x: f.pad(x, pads, value=1.5), IMAGE)


def test_nothing_but_what_there_is_can_be_cut_off():
    for library, made in ((ours, namespace), (theirs, torch)):
        with pytest.raises(RuntimeError):
            library.pad(made.from_numpy(IMAGE), [-4, -4])


def test_products_with_rows_agree():
    agree(lambda f, x, w, b: f.linear(x, w, b), IMAGE, RANDOM.standard_normal((5, 6)), RANDOM.standard_normal(5))
    agree(lambda f, x, w: f.linear(x, w), IMAGE, RANDOM.standard_normal((5, 6)))


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_pools_agree(rank):
    value = RANDOM.standard_normal((2, 3, *(9, 8, 7)[:rank]))
    value[0, 0].flat[3] = np.nan
    for sizes in product((1, 2, 3), (1, 2), (1, 2)):
        window, stride, step = ([each] * rank for each in sizes)
        agree(lambda f, x, w=window, s=stride, d=step: getattr(f, f"max_pool{rank}d")(x, w, s, 0, d), value)
        agree(lambda f, x, w=window, s=stride: getattr(f, f"avg_pool{rank}d")(x, w, s), value)


def test_windows_larger_than_the_image_are_refused():
    for library, made in ((ours, namespace), (theirs, torch)):
        with pytest.raises(RuntimeError):
            library.max_pool2d(made.from_numpy(IMAGE), [8, 1], [1, 1])


@pytest.mark.parametrize("outside", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_sampled_images_agree(mode, outside):
    grid = RANDOM.uniform(-2.5, 2.5, (2, 40, 5, 2))
    for corners in (False, True):
        agree(lambda f, x, places, c=corners: f.grid_sample(x, places, mode, outside, c), IMAGE, grid)
    if mode != "bicubic":
        deep, grid = RANDOM.standard_normal((2, 3, 4, 5, 6)), RANDOM.uniform(-2, 2, (2, 3, 4, 5, 3))
        agree(lambda f, x, places: f.grid_sample(x, places, mode, outside, True), deep, grid)
