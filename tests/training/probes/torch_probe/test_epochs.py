"""Where the torch probe ends the epochs of a loop, and what it says of them."""

import pytest

from netmend.training.probes.torch_probe.epochs import EPOCHS, PENDING, Model

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def model(total=0, direct=False):
    module = torch.nn.Linear(2, 1)
    found = Model("torch 1", module, torch.optim.SGD(module.parameters(), lr=0.5), began=1.0, spent=0.0)
    found.total, found.direct, found.by_rows = total, direct, not direct
    return found


def steps(found, losses, rows=10):
    for loss in losses:
        found.step(rows, [loss], found.last + 1)
        if found.complete:
            found.end_epoch()


def told(found, name):
    ends = found.epochs()
    return [found.epoch(start, end)[name] for start, end in zip([0, *ends], ends, strict=False)]


def losses(found):
    return [values["loss"] for values in told(found, "values")]


def test_an_epoch_ends_when_all_rows_have_been_seen():
    found = model(total=20)
    steps(found, [1.0, 3.0, 5.0, 7.0])
    assert losses(found) == [2.0, 6.0]
    assert told(found, "updates") == [2, 2]
    assert told(found, "learning_rate") == [0.5, 0.5]
    assert told(found, "seconds") == [2.0, 2.0]


def test_the_loss_of_an_epoch_is_weighted_by_rows():
    found = model(direct=True)
    steps(found, [1.0], rows=30)
    steps(found, [5.0], rows=10)
    found.end_epoch()
    assert losses(found) == [2.0]


def test_a_step_on_several_backward_passes_has_their_mean_loss_and_one_without_any_has_none():
    found = model(direct=True)
    found.step(10, [1.0, 3.0], 1.0)
    found.step(10, [], 2.0)
    found.end_epoch()
    assert losses(found) == [2.0]


def test_many_epochs_are_joined_evenly_and_lose_no_step():
    found = model(total=10)
    steps(found, [float(n) for n in range(5 * EPOCHS)])
    updates = told(found, "updates")
    assert EPOCHS <= len(updates) < 2 * EPOCHS
    assert set(updates) == {4} and sum(updates) == 5 * EPOCHS
    assert losses(found)[0] == sum(range(4)) / 4
    assert sum(told(found, "seconds")) == pytest.approx(5 * EPOCHS)


def test_passes_over_a_loader_are_never_joined():
    found = model(direct=True)
    for _ in range(3 * EPOCHS):
        steps(found, [1.0])
        found.end_epoch()
    assert len(found.epochs()) == 3 * EPOCHS


def test_evaluations_end_epochs_where_nothing_else_does():
    found = model()
    found.switch()  # before training
    for epoch in range(3):
        steps(found, [float(epoch)] * 4)
        found.switch()
        found.switch()  # the next batch of the same evaluation
    assert told(found, "updates") == [4, 4, 4]
    assert losses(found) == [0.0, 1.0, 2.0]


def test_one_evaluation_at_the_end_leaves_each_step_an_epoch():
    found = model()
    steps(found, [1.0, 2.0, 3.0])
    found.switch()
    assert losses(found) == [1.0, 2.0, 3.0]


def test_the_last_validation_pass_of_an_epoch_counts():
    found = model(total=10)
    steps(found, [1.0, 5.0, 7.0])
    found.validations += [[1, 90.0, 10], [1, 30.0, 10], [3, torch.tensor(20.0), 5]]
    first, second, third = told(found, "values")
    assert first == {"loss": 1.0, "val_loss": 3.0}
    assert second == {"loss": 5.0}
    assert third == {"loss": 7.0, "val_loss": 4.0}


def test_losses_on_a_device_are_read_together():
    found = model(total=10)
    steps(found, [torch.tensor(float(n)) for n in range(PENDING + 2)])
    assert [isinstance(step[0], float) for step in found.steps].count(False) == 2
    assert losses(found) == list(range(PENDING + 2))
