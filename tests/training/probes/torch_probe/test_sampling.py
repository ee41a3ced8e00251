"""When layers are measured, and how rarely a long training is."""

from itertools import pairwise

import pytest

from netmend.training.probes.torch_probe.calls import Calls
from netmend.training.probes.torch_probe.epochs import Model
from netmend.training.probes.torch_probe.reporting import Report
from netmend.training.probes.torch_probe.sampling import Sampling

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.fixture
def parts():
    told, module = [], torch.nn.Linear(2, 1)
    report = Report(told.append, None)
    calls = Calls(report, lambda *given: None)
    model = Model("torch 1", module, torch.optim.SGD(module.parameters(), lr=0.5), began=1.0, spent=0.0)
    model.direct, model.last = True, 1e6
    yield Sampling(report, calls, True), calls, model, told
    calls.look_away()


def test_distances_between_measured_epochs_grow(parts):
    sampling, _, model, told = parts
    for _ in range(100):
        model.ends.append(len(model.ends) + 1)
        sampling.after_epoch(model)
        if model.due:
            sampling.sample(model)
    epochs = [event["epoch"] for event in told]
    assert epochs[:4] == [1, 2, 3, 4] and epochs[-1] > 80 and len(epochs) < 35
    steps = [after - before for before, after in pairwise(epochs)]
    assert steps == sorted(steps) and steps[-1] > 8


def test_measuring_pauses_when_it_has_taken_its_share_of_the_training(parts):
    sampling, calls, model, _ = parts
    model.ends, model.sampling, model.last = [1], 1.0, model.started + 50
    sampling.after_epoch(model)
    assert not model.due and not calls.looking
    model.last = model.started + 200
    sampling.after_epoch(model)
    assert model.due and calls.looking


def test_the_trained_model_is_measured_on_its_last_batch(parts):
    sampling, calls, model, told = parts
    model.given, model.ends = ((torch.ones(6, 2),), {}), [3]
    sampling.finish(model)
    layer = told[0]["layers"][0]
    expected = float(model.module(torch.ones(6, 2)).detach().mean())
    assert (layer["layer"], layer["output_mean"]) == ("model", pytest.approx(expected)) and not calls.looking
