"""What stands for the module torch answers as torch does, word by word."""

from itertools import product

import numpy as np
import pytest

from netmend.network.without_torch.functions import namespace

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

RANDOM = np.random.default_rng(2)
WIDE = np.concatenate([RANDOM.uniform(-30, 30, 200), [0.0, -0.0, np.inf, -np.inf, np.nan, 0.5, -1.5, 2.5]])


def both(ask, *arrays):
    """The answers of both libraries."""
    one = ask(namespace, *(namespace.from_numpy(each) for each in arrays))
    other = ask(torch, *(torch.from_numpy(each) for each in arrays))
    assert str(one.dtype) == str(other.dtype)
    assert one.shape == tuple(other.shape)
    return one.numpy(), other.numpy()


def agree(ask, *arrays, single=5e-6):
    for given in (arrays, [each.astype(np.float32) if each.dtype.kind == "f" else each for each in arrays]):
        one, other = both(ask, *given)
        close = single if one.dtype == np.float32 else 1e-14
        np.testing.assert_allclose(one, other, rtol=close, atol=close)


SINGLE = "sin cos tan sinh cosh tanh asin acos atan asinh acosh atanh exp log erf sigmoid sqrt rsqrt reciprocal"


@pytest.mark.parametrize("name", [*SINGLE.split(), "abs", "floor", "ceil", "round", "sign", "relu", "isnan", "isinf"])
def test_functions_of_single_numbers_agree(name):
    agree(lambda t, x: getattr(t, name)(x), WIDE)
    if name not in ("isnan", "isinf"):
        agree(lambda t, x: getattr(t, name)(x), np.array([-2, 0, 1, 7]))


@pytest.mark.parametrize("name", ["maximum", "minimum", "atan2", "copysign", "fmod", "remainder", "div", "pow", "add"])
def test_functions_of_two_numbers_agree(name):
    agree(lambda t, x, y: getattr(t, name)(x, y), WIDE, np.roll(WIDE, 3))
    agree(lambda t, x: getattr(t, name)(x, t.tensor(2.5).to(x.dtype)), WIDE)


def test_sums_of_products_agree():
    agree(lambda t, x, y: t.add(x, y, alpha=0.7), WIDE, np.roll(WIDE, 3))
    agree(lambda t, x, y: t.addcmul(x, y, x[:1]), WIDE, np.roll(WIDE, 3))


@pytest.mark.parametrize("mode", ["trunc", "floor"])
def test_rounded_quotients_agree(mode):
    whole = np.array([7, -7, 9, -9, 0, 6])
    agree(lambda t, x, y: t.div(x, y, rounding_mode=mode), whole, np.array([2, 2, -4, -4, 3, -3]))
    agree(lambda t, x, y: t.div(x, y, rounding_mode=mode), WIDE, np.roll(WIDE, 1))
    for name in ("fmod", "remainder"):
        agree(lambda t, x, y, name=name: getattr(t, name)(x, y), whole, np.array([2, 2, -4, -4, 3, -3]))


MADE = [
    lambda t: t.tensor([1.5, 2]),
    lambda t: t.tensor([True]),
    lambda t: t.tensor(3),
    lambda t: t.tensor([1, 2], dtype=t.int32),
    lambda t: t.as_tensor(2.0, dtype=t.float64),
    lambda t: t.zeros((2, 3), dtype=t.float64),
    lambda t: t.full([2], 7, dtype=t.int64),
    lambda t: t.full_like(t.tensor([1.0]), t.inf),
    lambda t: t.ones_like(t.tensor([1.0]), dtype=t.bool),
    lambda t: t.zeros_like(t.tensor([1, 2])),
    lambda t: t.arange(4),
    lambda t: t.arange(3, dtype=t.float64),
    lambda t: t.arange(0.0, 2.0, 0.3, dtype=t.float32),
    lambda t: t.arange(9, 2, -3),
    lambda t: t.where(t.tensor([True, False]), 0, t.tensor([1.5, 2.5])),
    lambda t: t.where(t.tensor([True, False]), t.tensor([1, 2]), t.tensor(0.5)),
    lambda t: t.cat([t.tensor([1, 2]), t.tensor([0.5])]),
    lambda t: t.stack([t.tensor([1, 2]), t.tensor([3, 4])], 1),
    lambda t: t.isclose(t.tensor([1.0, t.inf]), t.tensor([1.05, t.inf]), rtol=0.0, atol=0.1, equal_nan=True),
]


@pytest.mark.parametrize("place", range(len(MADE)))
def test_tensors_are_made_alike(place):
    agree(MADE[place])


@pytest.mark.parametrize(
    "ask",
    [
        lambda t, x: t.softmax(x, 1),
        lambda t, x: t.log_softmax(x, -1),
        lambda t, x: t.triu(x, 1),
        lambda t, x: t.tril(x, -1),
        lambda t, x: t.linalg.vector_norm(x, ord=3, dim=1, keepdim=True),
        lambda t, x: t.einsum("bij,bkj->bik", [x, x]),
        lambda t, x: t.matmul(x, x[0].T),
    ],
)
def test_functions_of_rows_agree(ask):
    agree(ask, RANDOM.standard_normal((3, 4, 5)) * 9)


def test_whole_numbers_have_the_same_limits():
    for name in ("uint8", "int8", "int16", "int32", "int64"):
        ours, theirs = (library.iinfo(getattr(library, name)) for library in (namespace, torch))
        assert (ours.min, ours.max) == (theirs.min, theirs.max)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize(("ins", "outs", "groups"), [(4, 6, 1), (4, 6, 2), (4, 4, 4), (4, 8, 4)])
def test_convolutions_agree(rank, ins, outs, groups):
    value, bias = RANDOM.standard_normal((3, ins, *(11, 10, 8)[:rank])), RANDOM.standard_normal(outs)
    for window, stride, step, pad in product((1, 3), (1, 2), (1, 2), (0, 1)):
        kernel = RANDOM.standard_normal((outs, ins // groups, *[window] * rank))
        shape = [[each] * rank for each in (stride, pad, step)]
        agree(
            lambda t, x, w, b, s=shape: getattr(t, f"conv{rank}d")(x, w, b, *s, groups),
            value,
            kernel,
            bias,
            single=5e-5,
        )
        if step == 1 or stride == 1:
            back = RANDOM.standard_normal((ins, outs // groups, *[window] * rank))
            more = [[stride - 1] * rank, groups, [step] * rank]
            edges = [[stride] * rank, [0] * rank]
            agree(
                lambda t, x, w, b, e=edges, m=more: getattr(t, f"conv_transpose{rank}d")(x, w, b, *e, *m),
                value,
                back,
                bias,
                single=5e-5,
            )


def test_large_images_are_convolved_in_parts():
    """More windows than are written out at a time."""
    value, kernel = RANDOM.standard_normal((2, 16, 120, 130)), RANDOM.standard_normal((5, 16, 3, 3))
    one, other = both(lambda t, x, w: t.conv2d(x, w, None, [1, 1], [1, 1], [1, 1], 1), value, kernel)
    np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-13)


def test_kernels_that_do_not_fit_are_refused():
    for library in (namespace, torch):
        for kernel in (np.ones((2, 4, 3, 3)), np.ones((2, 3, 9, 9)), np.ones((2, 3, 3, 3), np.float32)):
            with pytest.raises(RuntimeError):
                library.conv2d(
                    library.from_numpy(np.ones((1, 3, 8, 8))),
                    library.from_numpy(kernel),
                    None,
                    [1, 1],
                    [0, 0],
                    [1, 1],
                    1,
                )
