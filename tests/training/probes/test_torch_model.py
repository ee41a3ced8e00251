import pytest

from netmend.training.probes.torch_model import EPOCHS, Model, epoch_values, read_losses

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def model(total=0, direct=False):
    module = torch.nn.Linear(2, 1)
    found = Model("torch 1", module, torch.optim.SGD(module.parameters(), lr=0.5))
    found.total, found.direct = total, direct
    return found


def steps(found, losses, rows=10):
    for loss in losses:
        found.count(rows, [torch.tensor(loss)], found.last + 1, 0.0)
        if found.complete():
            found.close(torch, 0.0)


def losses(found):
    return [epoch_values(torch, epoch)["loss"] for epoch in found.epochs]


def test_an_epoch_ends_when_all_rows_have_been_seen():
    found = model(total=20)
    steps(found, [1.0, 3.0, 5.0, 7.0])
    assert losses(found) == [2.0, 6.0]
    assert [epoch["updates"] for epoch in found.epochs] == [2, 2]
    assert found.rate == 0.5


def test_the_loss_of_an_epoch_is_weighted_by_rows():
    found = model(direct=True)
    steps(found, [1.0], rows=30)
    steps(found, [5.0], rows=10)
    found.close(torch, 0.0)
    assert losses(found) == [2.0]


def test_the_same_batch_twice_is_the_whole_data():
    found = model(total=100)
    steps(found, [1.0], rows=40)
    assert not found.epochs
    found.is_whole(40)
    found.close(torch, 0.0)
    steps(found, [2.0, 3.0], rows=40)
    assert losses(found) == [1.0, 2.0, 3.0]


def test_many_epochs_are_joined_evenly_and_lose_no_step():
    found = model(total=10)
    steps(found, [float(n) for n in range(5 * EPOCHS)])
    found.close(torch, 0.0)
    assert EPOCHS <= len(found.epochs) < 2 * EPOCHS
    assert sum(epoch["updates"] for epoch in found.epochs) == 5 * EPOCHS
    assert {epoch["updates"] for epoch in found.epochs} == {found.join}
    assert losses(found)[0] == sum(range(found.join)) / found.join
    assert sum(epoch["seconds"] for epoch in found.epochs) == pytest.approx(5 * EPOCHS)


def test_evaluations_end_epochs_where_nothing_else_does():
    found = model()
    for epoch in range(3):
        steps(found, [float(epoch)] * 4)
        found.switch(torch, 0.0)
        found.switch(torch, 0.0)  # the next batch of the same evaluation
    assert [epoch["updates"] for epoch in found.epochs] == [4, 4, 4]
    assert losses(found) == [0.0, 1.0, 2.0]


def test_one_evaluation_at_the_end_leaves_each_step_an_epoch():
    found = model()
    steps(found, [1.0, 2.0, 3.0])
    found.switch(torch, 0.0)
    assert losses(found) == [1.0, 2.0, 3.0]


def test_the_last_validation_pass_counts():
    found = model(total=10)
    steps(found, [1.0])
    for values in ([9.0], [2.0, 4.0]):
        found.new_validation()
        for value in values:
            found.validation_loss(torch.tensor(value), 5)
    assert epoch_values(torch, found.epochs[0]) == {"loss": 1.0, "val_loss": 3.0}


def test_losses_are_read_once():
    found = model(total=10)
    steps(found, [1.0, 2.0])
    read_losses(torch, found.epochs)
    assert [epoch["losses"] for epoch in found.epochs] == [[(1.0, 10.0)], [(2.0, 10.0)]]
