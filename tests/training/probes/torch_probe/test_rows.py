"""What a row is, and that it is known again wherever it stands."""

import numpy as np
import pytest

from netmend.training.probes.torch_probe.rows import filled, grid, row_hashes, rows_first, sequences

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_rows_have_the_same_hash_wherever_they_stand_and_in_whatever_precision():
    x = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    hashes = row_hashes(((x,), {}), 6)
    assert len(set(hashes.tolist())) == 6
    assert np.array_equal(row_hashes(((x[2:],), {}), 4), hashes[2:])
    assert np.array_equal(row_hashes(((), {"x": x.double()}), 6), hashes)


def test_steps_that_stand_before_the_rows_do_not_change_the_hashes():
    x = torch.randn(6, 4, 2, generator=torch.Generator().manual_seed(0))
    assert np.array_equal(row_hashes(((x.transpose(0, 1),), {}), 6), row_hashes(((x,), {}), 6))
    assert torch.equal(rows_first(((x.transpose(0, 1),), {}), 6), x)


def test_a_row_of_words_has_the_same_hash_beside_whatever_others():
    rows = [[5, 2, 9], [7], [5, 2]]

    def given(numbers):
        starts = np.cumsum([0, *(len(rows[n]) for n in numbers)])[:-1]
        return (torch.tensor([word for n in numbers for word in rows[n]]), torch.tensor(starts)), {}

    hashes = row_hashes(given([0, 1, 2]), 3)
    assert len(set(hashes.tolist())) == 3
    assert row_hashes(given([2, 0]), 2).tolist() == hashes[[2, 0]].tolist()
    assert rows_first(given([2, 0]), 2)[:, :4].tolist() == [[5, 2, 0, 0], [5, 2, 9, 0]]


@pytest.mark.parametrize("shape", [(9,), (9, 4)])
def test_an_input_whose_rows_cannot_be_told_is_left_as_it_is(shape):
    x = torch.ones(shape)
    assert rows_first(((x, torch.zeros(3)), {}), 3) is x


@pytest.mark.parametrize(
    ("x", "shape", "steps_first", "expected"),
    [
        ((5, 3), (15, 9), False, (5, 3)),
        ((5, 3), (15, 9), True, (5, 3)),
        ((5, 3), (5, 9), False, None),  # an answer for each row
        ((5, 1), (5, 9), False, None),
        ((5, 3), (5, 3, 9), False, None),  # rows come first already
        ((5, 3), (5, 3, 9), True, (5, 3)),
        ((5,), (5, 9), True, None),
    ],
)
def test_the_sides_of_answers_in_one_line(x, shape, steps_first, expected):
    assert grid(((torch.zeros(x),), {}), shape, steps_first) == expected


def test_answers_and_labels_are_put_back_in_the_same_order():
    steps = torch.arange(15).view(5, 3)  # number of each position, steps first
    given, line = ((steps,), {}), steps.reshape(-1)
    outputs = torch.stack([line, -line], 1)
    for labels in (line, steps):
        assert sequences(labels, given, (15, 2), True).tolist() == steps.T.tolist()
    assert sequences(outputs, given, (15, 2), True)[..., 0].tolist() == steps.T.tolist()
    assert sequences(outputs, given, (15, 2), False)[..., 0].tolist() == steps.tolist()


def test_short_arrays_are_filled_up_and_known_to_be_short():
    values, there = filled([np.ones((2, 3)), np.ones((1, 5))])
    assert values.sum() == there.sum() == 11 and values.shape == (3, 5) and not there[:2, 3:].any()
    values, there = filled([np.ones((2, 3)), np.ones(4)])
    assert values.shape == (6, 3) and there.sum() == values.sum() == 10
    values, there = filled([np.ones((2, 3)), np.ones((1, 3))])
    assert values.shape == (3, 3) and there.all()


def test_a_packed_sequence_has_the_rows_that_its_parts_have_alone():
    rows = [torch.randn(n, 4) for n in (3, 5, 2)]
    packed = torch.nn.utils.rnn.pack_sequence(rows, enforce_sorted=False)
    again = torch.nn.utils.rnn.pack_sequence(rows[::-1], enforce_sorted=False)
    hashes = row_hashes(((packed,), {}), 3)
    assert row_hashes(((again,), {}), 3).tolist() == hashes[::-1].tolist() and len(set(hashes.tolist())) == 3
    assert rows_first(((packed,), {}), 3)[1, :20].tolist() == rows[1].reshape(-1).tolist()
