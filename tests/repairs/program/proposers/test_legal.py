"""What a search at its best may put where."""

import pytest

from netmend.core.errors import Unchangeable
from netmend.repairs.program.proposers._legal import fidelities, legal_box


@pytest.fixture
def entries(start):
    """The entries of a program by kind and owner."""

    def make(program=None, labels="integer", **changes):
        found = legal_box(start(program, labels, **changes)).entries
        return {(entry.element.kind, entry.element.owner): entry for entry in found}

    return make


def choices(entry):
    return set(entry.dimension.choices)


def only(entry, place):
    (value,) = entry.assign(place).values()
    return value


def test_numbers_step_on_a_log_scale_around_the_programs_own(entries):
    found = entries()
    rate = found["learning-rate", "SGD"].dimension
    assert (rate.low, rate.high, rate.log) == (1e-6, 1.0, True)
    epochs, batch, units = (found[name] for name in (("epochs", "fit"), ("batch-size", "fit"), ("units", "Dense 1")))
    assert [only(epochs, power) for power in (-2, -1, 0, 3)] == [7, 14, 27, 216]
    assert [only(batch, power) for power in (-2, 0, 1)] == [25, 100, 200]
    assert (units.dimension.low, units.dimension.high, units.present) == (-1, 1, 0)


def test_a_value_beyond_the_bounds_widens_them(entries, text):
    rate = entries(text(optimizer="keras.optimizers.SGD(learning_rate=3.0)"))["learning-rate", "SGD"]
    assert (rate.dimension.low, rate.dimension.high, rate.present) == (1e-6, 3.0, 3.0)
    dropout = entries()["dropout-rate", "Dropout 3"]
    assert (dropout.dimension.low, dropout.dimension.high) == (0.0, 0.9)


@pytest.mark.parametrize(
    ("labels", "fits", "does_not"),
    [
        ("integer", "sparse_categorical_crossentropy", "categorical_crossentropy"),
        ("one_hot", "categorical_crossentropy", "sparse_categorical_crossentropy"),
        ("one_hot", "hinge", "sparse_categorical_crossentropy(from_logits)"),
        ("binary", "binary_crossentropy", "categorical_crossentropy"),
        ("real", "huber", "binary_crossentropy"),
        ("real", "mean_absolute_error", "mean_squared_logarithmic_error"),
    ],
)
def test_losses_fit_the_labels(entries, labels, fits, does_not):
    offered = choices(entries(labels=labels)["loss", "compile"])
    assert fits in offered and does_not not in offered
    assert "mean_squared_error" in offered, "what stands there stays possible"


def test_last_activations_fit_a_loss_and_hidden_ones_their_place(entries):
    last = choices(entries()["activation", "Dense 4"])
    assert {"softmax", "tanh"} <= last and "relu" not in last
    assert "linear" in choices(entries(labels="real")["activation", "Dense 4"])
    hidden = choices(entries()["activation", "Dense 1"])
    assert "relu" in hidden and not hidden & {"softmax", "linear", "exponential"}


def test_the_width_of_the_output_and_what_only_reports_are_no_dimensions(entries):
    assert ("units", "Dense 4") not in entries()
    assert "metric" not in {kind for kind, _ in entries()}


def test_what_the_program_does_not_write_is_searched_only_where_faults_are_common(entries, text):
    kinds = {kind for kind, _ in entries(text("Dense(8)", "Dense(10)", optimizer='"sgd"'))}
    assert {"activation", "learning-rate"} <= kinds
    assert not kinds & {"regulariser", "initialiser", "dropout-rate"}
    written = text('Dense(8, kernel_initializer="ones", kernel_regularizer="l2")', "Dense(10)")
    assert {"regulariser", "initialiser"} <= {kind for kind, _ in entries(written)}


def test_trainings_that_cost_more_than_eight_are_left_out(entries):
    epochs = entries(cost=lambda factor: 3 * factor)["epochs", "fit"].dimension
    assert (epochs.low, epochs.high) == (-2, 1)
    assert ("epochs", "fit") not in entries(cost=lambda factor: 1.0 if factor == 1 else 100.0)


@pytest.mark.parametrize("labels", ["integer", "one_hot", "binary", "real"])
def test_every_value_can_be_written(start, labels):
    given = start(labels=labels)
    for entry in legal_box(given).entries:
        one = entry.dimension
        values = one.choices or (one.low, one.high)
        for value in values:
            try:
                given.space.patch(entry.assign(int(value) if one.whole else value)).patched_program()
            except Unchangeable as refused:
                assert value == 0.0 and entry.element.kind == "dropout-rate", refused


def test_the_program_as_it_is_is_no_change(start):
    box = legal_box(start())
    assert box.assignment(box.start) == {}
    assert set(box.start) == {dimension.name for dimension in box.dimensions}


def test_shares_of_the_epochs_are_those_that_save_work_and_leave_an_epoch(start, text):
    assert fidelities(start()) == (1 / 9, 1 / 3, 1.0)
    assert fidelities(start(text(fit="epochs=5"))) == (1 / 3, 1.0)
    assert fidelities(start(text(fit="epochs=2"))) == (1.0,)
    assert fidelities(start(cost=lambda factor: 1 + 0.7 * (factor - 1))) == (1.0,), "start-up is most of a run"
