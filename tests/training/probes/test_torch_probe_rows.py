"""The batches of the torch probe: what a loader gives, what is evaluated, how rows are known again."""

import copy

import numpy as np
import pytest

from netmend.training.probes import torch_probe
from netmend.training.probes.torch_probe import (
    Evaluated,
    Kept,
    Pass,
    choose_pass,
    columns,
    predict,
    row_hashes,
    rows_first,
    withheld,
)

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


class Watcher:
    def __init__(self):
        self.running, self.told = [], []

    def drawn(self, given):
        self.running.append(given.ref)
        self.told.append("drawn")

    def exhausted(self, given):
        self.told.append("exhausted")


def test_a_pass_hands_on_every_batch_and_tells_its_beginning_and_end():
    watcher, batches = Watcher(), [torch.ones(2), torch.zeros(3)]
    assert all(a is b for a, b in zip(Pass(watcher, None, iter(batches)), batches, strict=True))
    assert watcher.told == ["drawn", "exhausted"]


def test_a_pass_is_otherwise_like_the_iterator():
    class Iterator:
        name = "inner"

        def __len__(self):
            return 7

    assert (len(Pass(Watcher(), None, Iterator())), Pass(Watcher(), None, Iterator()).name) == (7, "inner")


@pytest.mark.parametrize(
    "batch",
    [
        lambda x, y: [x, y],
        lambda x, y: (x, torch.zeros(4), y),
        lambda x, y: {"label": y, "x": x, "number": torch.arange(4)},
        lambda x, y: [[x, torch.zeros(4, 2)], y],
    ],
)
def test_labels_are_what_a_batch_holds_beside_the_input(batch):
    x, y = torch.randn(4, 3), torch.arange(4)
    given = Pass(Watcher(), None, iter([batch(x, y)]))
    next(given)
    assert given.holds(x) and not given.holds(x[:2])
    assert given.labels(((x,), {}), 4) is y
    assert given.labels(((x.clone(),), {}), 4) is y


def test_what_the_model_is_given_is_no_label():
    words, starts, y = torch.arange(9), torch.tensor([0, 4, 6]), torch.tensor([1, 0, 1])
    given = Pass(Watcher(), None, iter([(y, words, starts)]))
    next(given)
    for inputs in ((words, starts), (words.clone(), starts.clone())):
        assert given.labels((inputs, {}), 3) is y


def evaluated(x, y=None):
    return Evaluated("eval-mode tensors").with_batch(((x,), {}), x, y)


def test_training_rows_and_demonstrations_are_passed_over():
    rows = torch.randn(100, 3, generator=torch.Generator().manual_seed(0))
    train, test, demo = (
        evaluated(rows[:50], rows[:50]),
        evaluated(rows[50:], rows[50:]),
        evaluated(rows[50:52], rows[50:52]),
    )
    assert choose_pass([test, train, demo], [columns(rows[:50])]) == (test, "")


def test_the_reason_says_what_is_missing():
    rows = torch.randn(50, 3, generator=torch.Generator().manual_seed(0))
    training = [columns(rows)]
    assert "never runs" in choose_pass([], training)[1]
    assert "only on rows" in choose_pass([evaluated(rows, rows)], training)[1]
    assert "labels" in choose_pass([evaluated(rows + 1)], training)[1]


def test_a_batch_that_is_evaluated_twice_counts_once():
    rows = torch.zeros(30, 3)
    found = Evaluated("eval-mode tensors")
    first = found.batch(((rows[:20],), {}), rows[:20])
    assert (
        found.batch(((rows[:20],), {}), rows[:20]) is first and found.batch(((rows[20:],), {}), rows[20:]) is not first
    )
    assert (len(found.batches), found.rows) == (2, 30)


def test_no_more_rows_are_kept_than_are_needed(monkeypatch):
    monkeypatch.setattr(torch_probe, "EVALUATION_ROWS", 30)
    rows, found = torch.zeros(100, 3), Evaluated("eval-mode tensors")
    for start in range(0, 100, 20):
        found.batch(((rows[start : start + 20],), {}), rows[start : start + 20])
    assert found.rows == 40


def test_prediction_is_in_eval_mode_and_leaves_no_trace():
    module = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Dropout(0.5), torch.nn.BatchNorm1d(3).eval())
    state, x = torch.get_rng_state(), torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
    first, second = (predict(module, [((x,), {})])[0] for _ in range(2))
    assert torch.equal(first, second) and not first.requires_grad
    assert [part.training for part in module] == [True, True, False]
    assert torch.equal(torch.get_rng_state(), state)


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


def test_the_same_rows_are_withheld_in_every_run():
    out = withheld(1000, 0.2)
    assert len(out) == 1000 and 150 < out.sum() < 250
    assert np.array_equal(withheld(1000, 0.2), out) and np.array_equal(withheld(1500, 0.2)[:1000], out)


def test_a_part_of_a_data_set_is_like_the_whole():
    whole = torch.utils.data.Subset(list(range(100, 110)), range(10))
    part = Kept(whole, np.array([1, 3, 5]))
    assert [part[n] for n in range(len(part))] == [101, 103, 105]
    assert part.indices == range(10)
    assert [batch.tolist() for batch in torch.utils.data.DataLoader(part, batch_size=2)] == [[101, 103], [105]]
    assert copy.copy(part)[2] == 105
