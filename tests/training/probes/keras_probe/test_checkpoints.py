"""What is saved of a training and loaded; that going on equals an uninterrupted one is asked in `test_watching.py`."""

import types

import numpy as np
import pytest

from netmend.training.probes.keras_probe.checkpoints import Checkpoints
from netmend.training.probes.keras_probe.reporting import Report


class Variable:
    def __init__(self, path, value):
        self.path, self.value = path, np.asarray(value, dtype=float)
        self.shape = self.value.shape

    def to_numpy(self):
        return self.value

    def assign(self, value):
        self.value = value


def watched(*variables):
    optimiser = types.SimpleNamespace(built=True, variables=[Variable("steps", 3)])
    model = types.SimpleNamespace(variables=list(variables), weights=list(variables), optimizer=optimiser)
    return types.SimpleNamespace(name="keras 1", model=model, fits=1, epochs=4, resumable=True)


@pytest.fixture
def saved(tmp_path):
    told, path = [], str(tmp_path / "state.npz")
    checkpoints = Checkpoints(
        {"checkpoint_out": path, "checkpoint_in": path, "weights_in": path}, Report(told.append, None)
    )
    checkpoints.save(watched(Variable("a", [1, 2]), Variable("b", [3])), 1)
    assert [event["event"] for event in told] == ["checkpoint"]
    return checkpoints, told


def test_all_variables_are_loaded_in_their_order(saved):
    afresh = watched(Variable("x", [0, 0]), Variable("y", [0]))
    afresh.fits = 0
    saved[0].before(afresh)
    assert [v.value.tolist() for v in afresh.model.variables] == [[1, 2], [3]]
    assert afresh.model.optimizer.variables[0].value == 3


def test_a_state_of_another_model_is_refused(saved):
    with pytest.raises(ValueError, match="other variables"):
        saved[0].load(watched(Variable("a", [1, 2])))


def test_weights_that_fit_by_name_and_shape_are_loaded(saved):
    other = watched(Variable("b", [0]), Variable("a", [0, 0, 0]), Variable("c", [0]))
    saved[0].load_weights(other)
    assert [v.value.tolist() for v in other.model.variables] == [[3], [0, 0, 0], [0]]


def test_a_training_that_cannot_be_gone_on_with_is_not_saved(saved):
    checkpoints, told = saved
    second, unknown = watched(), watched()
    second.fits, unknown.resumable = 2, False
    for each, models in ((second, 1), (unknown, 1), (watched(), 2)):
        checkpoints.save(each, models)
    assert len(told) == 1
