"""Which modules are called, and which of them is the model."""

import pytest

from netmend.training.probes.torch_probe.calls import Calls
from netmend.training.probes.torch_probe.reporting import Report

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.fixture
def calls():
    found = Calls(Report([].append, None), lambda *given: None)
    found.look()
    yield found
    found.look_away()


def test_the_outermost_module_that_owns_the_parameters_is_the_model(calls):
    class Wrapped(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))

        def forward(self, x):
            return self.net(x)

    model, other = Wrapped(), torch.nn.Linear(2, 2)
    model(torch.ones(4, 2)), other(torch.ones(4, 2))
    assert calls.trained_module(torch.optim.SGD(model.net.parameters(), lr=0.1)) is model
    assert calls.trained_module(torch.optim.SGD(other.parameters(), lr=0.1)) is other
    assert calls.trained_module(torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)) is None


def test_calls_are_noted_in_their_order_while_we_look(calls):
    one, two = torch.nn.Linear(2, 3), torch.nn.Linear(3, 1)
    x = torch.ones(300, 2)
    two(one(x))
    assert [(leaf, len(given), len(output)) for leaf, given, output in calls.of_leaves([two, one])] == [
        (one, 300, 256),
        (two, 300, 256),
    ]
    calls.look_away()
    one(x)
    assert not calls.seen and calls.began is None
