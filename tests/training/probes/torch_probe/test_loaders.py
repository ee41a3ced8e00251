"""What a `DataLoader` gives: its batches, the labels in them, and which passes are on their way."""

import pytest

from netmend.training.probes.torch_probe.loaders import Loaders, Pass
from netmend.training.probes.torch_probe.reporting import Report

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


def test_an_input_is_of_the_running_pass_that_gave_its_rows_last():
    ended = []
    loaders = Loaders(Report([].append, None), ended.append)
    one, other = (Pass(loaders, None, iter([torch.ones(rows)])) for rows in (4, 7))
    next(one), next(other)
    assert (loaders.of(torch.zeros(4, 2)), loaders.of(torch.zeros(7)), loaders.of(torch.zeros(5))) == (one, other, None)
    assert loaders.last is other
    assert next(other, None) is None and ended == [other.ref]
    assert loaders.last is one and loaders.of(torch.zeros(7)) is None
