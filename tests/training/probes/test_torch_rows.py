from types import SimpleNamespace

import numpy as np
import pytest

from netmend.training.probes import torch_rows
from netmend.training.probes.torch_rows import Evaluated, Pass

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


class Watcher:
    def __init__(self):
        self.torch, self.newest, self.told = torch, None, []

    def drawn(self, given):
        self.newest = given.ref
        self.told.append("drawn")

    def exhausted(self, given):
        self.newest = None
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
    assert given.labels(x) is y


def evaluated(x, y=None):
    found = Evaluated(None, 0, "eval-mode tensors")
    found.batches = [[(x,), {}, x, y]]
    return found


def test_training_rows_and_demonstrations_are_passed_over():
    rows = torch.randn(100, 3, generator=torch.Generator().manual_seed(0))
    train, test, demo = (
        evaluated(rows[:50], rows[:50]),
        evaluated(rows[50:], rows[50:]),
        evaluated(rows[50:52], rows[50:52]),
    )
    model = SimpleNamespace(keys=[torch_rows.columns(rows[:50])], passes=[test, train, demo])
    assert torch_rows.choose_pass(model) == (test, "")


def test_the_reason_says_what_is_missing():
    rows = torch.randn(50, 3, generator=torch.Generator().manual_seed(0))
    keys = [torch_rows.columns(rows)]
    assert "never runs" in torch_rows.choose_pass(SimpleNamespace(keys=keys, passes=[]))[1]
    assert "only on rows" in torch_rows.choose_pass(SimpleNamespace(keys=keys, passes=[evaluated(rows, rows)]))[1]
    assert "labels" in torch_rows.choose_pass(SimpleNamespace(keys=keys, passes=[evaluated(rows + 1)]))[1]


def test_prediction_is_in_eval_mode_and_leaves_no_trace():
    module = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Dropout(0.5), torch.nn.BatchNorm1d(3).eval())
    state, x = torch.get_rng_state(), torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
    first, second = (torch_rows.predict(torch, module, [((x,), {})])[0] for _ in range(2))
    assert torch.equal(first, second) and not first.requires_grad
    assert [part.training for part in module] == [True, True, False]
    assert torch.equal(torch.get_rng_state(), state)


def test_rows_have_the_same_hash_wherever_they_stand_and_in_whatever_precision():
    x = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    hashes = torch_rows.row_hashes(torch, [(x,), {}, x])
    assert len(set(hashes.tolist())) == 6
    assert np.array_equal(torch_rows.row_hashes(torch, [(x[2:],), {}, x[2:]]), hashes[2:])
    assert np.array_equal(torch_rows.row_hashes(torch, [(), {"x": x.double()}, x]), hashes)


def test_the_same_rows_are_withheld_in_every_run():
    kept, out = torch_rows.withheld(1000, 0.2)
    assert sorted(kept + out) == list(range(1000)) and 150 < len(out) < 250
    assert torch_rows.withheld(1000, 0.2) == (kept, out)


def test_a_part_of_a_data_set_is_like_the_whole():
    whole = torch.utils.data.Subset(list(range(100, 110)), range(10))
    part = torch_rows.part(torch, whole, [1, 3, 5])
    assert [part[n] for n in range(len(part))] == part.__getitems__([0, 1, 2]) == [101, 103, 105]
    assert part.indices == range(10)
