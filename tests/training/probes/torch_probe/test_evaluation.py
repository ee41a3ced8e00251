"""Which passes over evaluation data count, and how they are predicted."""

import pytest

from netmend.training.probes.torch_probe import evaluation
from netmend.training.probes.torch_probe.evaluation import Evaluated, choose_pass, predict
from netmend.training.probes.torch_probe.rows import columns

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


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
    monkeypatch.setattr(evaluation, "EVALUATION_ROWS", 30)
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
