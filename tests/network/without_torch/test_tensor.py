"""Tensors of NumPy answer as torch's do, in numbers, types, shapes and refusals."""

from itertools import product

import numpy as np
import pytest

from netmend.network.without_torch.functions import namespace

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

TYPES = ["bool", "uint8", "int8", "int32", "int64", "float16", "bfloat16", "float32", "float64"]
BOX = np.random.default_rng(0).standard_normal((2, 3, 4))
ODD = np.array([0.5, -0.5, 1.5, -2.5, 0.0, -0.0, np.inf, -np.inf, np.nan])


def operands(library):
    """Tensors with axes, single numbers in tensors, and plain numbers."""
    made = [(f"{kind}{shape}", getattr(library, kind), shape) for kind in TYPES for shape in ((2,), ())]
    held = {name: library.full(shape, 1, dtype=kind) for name, kind, shape in made}
    return {**held, "True": True, "3": 3, "0.5": 0.5}


def test_operands_are_computed_in_the_type_that_torch_takes():
    ours, theirs = operands(namespace), operands(torch)
    for one, other in product(ours, ours):
        if one in ("True", "3", "0.5") and other in ("True", "3", "0.5"):
            continue
        right = torch.result_type(theirs[one], theirs[other])
        assert str((ours[one] * ours[other]).dtype) == str(right), (one, other)


# What is done, on a box of numbers and on whole ones.
DONE = {
    "quotient": lambda t, x: x / 3,
    "quotient of whole numbers": lambda t, x: x.long() / 2,
    "reflected": lambda t, x: 2 - 1 / x,
    "power": lambda t, x: (x.abs() ** 1.3, x**2, x**3, x.abs() ** 0.5, x ** t.tensor(2)),
    "product": lambda t, x: (x @ x[0].T, x @ x.transpose(1, 2)),
    "bits": lambda t, x: (x.long() & 1, x.long() | 4, x.long() ^ 3, x.long() << 2, x.long() >> 1, ~x.long()),
    "questions": lambda t, x: (x > 0, x >= 0, x < 0, x <= 0, x == x[0], x != x[0], (x > 0) & (x < 1)),
    "limits": lambda t, x: (x.clamp(-1, 1), x.clamp(min=0), x.clamp(max=t.tensor(0.5)), x.long().clamp(max=0)),
    "in place": lambda t, x: x.clone().add_(x[0]).sub_(0.5).mul_(3).trunc_().clamp_(-2, 2),
    "in place, in parts": lambda t, x: (x.clone().abs_().add_(x[0], alpha=0.3).clamp_(min=0.5), x.exp().clamp_(max=1)),
    "single numbers": lambda t, x: (x.square(), x.floor(), x.exp(), x.expm1(), -x, x.abs(), x.long().sqrt()),
    "types": lambda t, x: (x.long(), x.double(), x.bool(), x.to(t.float16), x.to(t.bfloat16).to(t.float32)),
    "sums": lambda t, x: (x.sum(), x.sum(1), x.sum([0, 2], keepdim=True), x.long().sum(), (x > 0).sum(1), x.sum([])),
    "means": lambda t, x: (x.mean(), x.mean([1, 2]), x.mean(-1, keepdim=True), x.var([0, 2], unbiased=False)),
    "extremes": lambda t, x: (x.amax([0, 1]), x.amin(-1, keepdim=True), x.max(), x.argmax(1), x.argmin(-1)),
    "both extremes": lambda t, x: (x.min(), *x.aminmax()),
    "truths": lambda t, x: ((x > 0).any(1), (x > 0).all(), (x > -9).all(0, keepdim=True)),
    "running sums": lambda t, x: (x.cumsum(1), x.long().cumsum(0), x.prod(1)),
    "exponentials summed": lambda t, x: (x.logsumexp([1, 2]), x.logsumexp([0], True)),
    "shapes": lambda t, x: (x.reshape(6, -1), x.reshape([4, 6]), x.flatten(), x.flatten(1), x.flatten(-2)),
    "lengths of one": lambda t, x: (x[:1].squeeze(), x[:1].squeeze(0), x.squeeze((0, 1)), x.unsqueeze(-1)),
    "order": lambda t, x: (x.permute(2, 0, 1), x.permute([1, 2, 0]), x.transpose(0, -1), x.movedim(0, -1), x.flip(1)),
    "spread": lambda t, x: (x[:1].expand(5, -1, -1), x.expand(2, 2, 3, 4)),
    "repeated": lambda t, x: (x.repeat([1, 2, 1]), x.repeat((2, 1, 1, 1))),
    "interleaved": lambda t, x: (x.repeat_interleave(2), x.repeat_interleave(2, 1)),
    "windows": lambda t, x: (x.unfold(1, 2, 1), x.unfold(-1, 2, 2)),
    "parts": lambda t, x: (x.narrow(1, 1, 2), x.narrow(-1, -2, 1), x[..., 1:], x[:, None]),
    "indices": lambda t, x: (x[x > 0], x[:, t.tensor([2, 0])], x[t.tensor([0, 1]), t.tensor([2, 1])]),
    "pieces": lambda t, x: (*x.unbind(1), *x.chunk(3, 2), *x.chunk(3, 1), *x.split([1, 3], 2)),
    "chosen": lambda t, x: (x.index_select(1, t.tensor([2, 0, 2])), x.gather(2, t.tensor([[[0, 3], [1, 1]]]))),
    "order of entries": lambda t, x: (*x.sort(1), *x.sort(descending=True), *x.topk(2, 1)),
    "none": lambda t, x: (x / 0).nan_to_num(0.5, 2.0, 3.0),
    "zeros": lambda t, x: (x.new_zeros(2, 3), x.new_zeros((4,))),
    "put": lambda t, x: (
        x.scatter(1, t.tensor([[[1, 2, 0, 0]]]), x[:1, :1]),
        *(x.scatter_reduce(0, t.tensor([[[1, 1]], [[1, 0]]]), x, how) for how in ("sum", "prod", "amax", "amin")),
        x.index_put((t.tensor([0, 0]), t.tensor([1, 1])), x[:, 0], accumulate=True),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["float64", "float32"])
@pytest.mark.parametrize("what", DONE)
def test_a_tensor_does_what_torchs_does(what, kind):
    given = BOX.astype(kind)
    ours, theirs = DONE[what](namespace, namespace.from_numpy(given)), DONE[what](torch, torch.from_numpy(given))
    for one, other in zip(*((each if isinstance(each, tuple) else (each,)) for each in (ours, theirs)), strict=True):
        assert (str(one.dtype), one.shape) == (str(other.dtype), tuple(other.shape))
        close = {"rtol": 1e-14 if kind == "float64" else 1e-5, "atol": 1e-15 if kind == "float64" else 1e-6}
        np.testing.assert_allclose(one.double().numpy(), other.double().numpy(), **close)


def test_equal_entries_and_those_that_are_no_numbers_come_in_torchs_order():
    value = np.array([1.0, np.nan, 1.0, -1.0, np.inf, 1.0, -1.0])
    for descending in (False, True):
        ours = namespace.from_numpy(value).sort(descending=descending, stable=True).indices
        theirs = torch.sort(torch.from_numpy(value), descending=descending, stable=True).indices
        assert ours.tolist() == theirs.tolist()


# What torch refuses and NumPy would do in some way.
REFUSED = [
    lambda t, x: x.narrow(1, 1, 3),
    lambda t, x: x.narrow(1, 0, -1),
    lambda t, x: x.index_select(0, t.tensor([-1])),
    lambda t, x: x.gather(0, t.tensor([[[-1]]])),
    lambda t, x: x.long().mean(),
    lambda t, x: x.repeat([2]),
    lambda t, x: x.split([1, 1], 2),
    lambda t, x: x.reshape(5, -1),
    lambda t, x: t.div(x.long(), 0, rounding_mode="trunc"),
    lambda t, x: t.remainder(x.long(), 0),
    lambda t, x: x.float64,
]


@pytest.mark.parametrize("ask", REFUSED)
def test_what_torch_refuses_is_refused(ask):
    for library in (torch, namespace):
        with pytest.raises((RuntimeError, ValueError, IndexError, AttributeError)):
            ask(library, library.from_numpy(BOX))


def test_a_tensor_is_a_number_a_truth_and_a_list():
    one = namespace.tensor(3)
    assert (int(one), float(one), bool(one), one.item(), [10, 20, 30, 40][one]) == (3, 3.0, True, 3, 40)
    assert namespace.tensor([[1, 2]]).tolist() == [[1, 2]]
    assert len(namespace.from_numpy(BOX)) == 2
    assert [each.shape for each in namespace.from_numpy(BOX)] == [(3, 4)] * 2
    with pytest.raises(TypeError):
        namespace.from_numpy(np.array(["a"]))


def test_arrays_leave_mixed_arithmetic_to_tensors():
    made = np.ones(2) * namespace.tensor([1.0, 2.0])
    assert type(made) is namespace.Tensor
    assert np.isfinite(made).all()
