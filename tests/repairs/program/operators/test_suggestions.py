"""What operators suggest for elements made by hand, and how their suggestions are merged."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.places import Place
from netmend.repairs.program.operators._suggest import suggestions
from netmend.repairs.program.operators.change_units import MANY
from netmend.repairs.program.operators.weaken_regulariser import weaker
from netmend.training.symptoms._examples import (
    array,
    classes,
    curves,
    falling,
    healthy,
    healthy_regression,
    healthy_torch,
    layer,
    one_hot,
    short,
    sick,
    unlearned,
)
from netmend.training.trace import Crash, Trace


def element(kind: str, value: Value, line: int = 1, **changes: Any) -> Element:
    made = Element(kind, Place("train.py", line, 1), 0, 1, str(value), value, False, "keras", "somewhere")
    return replace(made, **changes)


def values(made: Element, trace: Trace, *others: Element) -> list[Value]:
    return [suggestion.value for _, suggestion in suggestions(made, (made, *others), trace)]


def priors(made: Element, trace: Trace, *others: Element) -> dict[Value, float]:
    return {suggestion.value: suggestion.prior for _, suggestion in suggestions(made, (made, *others), trace)}


BROKEN = curves(loss=(*falling(2.1, 0.5, epochs=5), math.nan))
ADAM = element("optimiser", "adam", line=2)


def test_suggestions_are_merged_best_first_without_the_present_value() -> None:
    rate = element("learning-rate", 0.01)
    found = suggestions(rate, (rate, ADAM), unlearned(learning_rate=0.01))
    listed = [suggestion.value for _, suggestion in found]
    assert len(listed) == len(set(listed))
    assert 0.01 not in listed
    order = [suggestion.prior for _, suggestion in found]
    assert order == sorted(order, reverse=True)
    # 0.001 is both the usual rate and a tenth of the present one: the better prior stays.
    assert [name for name, suggestion in found if suggestion.value == 0.001] == ["reset-learning-rate"]


@pytest.mark.parametrize(
    ("optimiser", "rate", "usual"),
    [("adam", 1.0, 0.001), ("sgd", 3.0, 0.01), ("adadelta", 0.001, 1.0), ("rmsprop", 1e-6, 0.001)],
)
def test_a_rate_far_off_is_reset_first(optimiser: str, rate: float, usual: float) -> None:
    found = values(element("learning-rate", rate), unlearned(), element("optimiser", optimiser, line=2))
    assert found[0] == usual


def test_nothing_higher_is_suggested_after_a_break() -> None:
    for optimiser in ("sgd", "adam", "adadelta"):
        rate = element("learning-rate", 0.0005)
        found = values(rate, healthy(epochs=BROKEN), element("optimiser", optimiser, line=2))
        assert found
        assert all(isinstance(value, float) and value < 0.0005 for value in found)


def test_a_break_puts_a_lower_rate_before_a_slow_run_would() -> None:
    rate = element("learning-rate", 0.001)
    assert priors(rate, healthy(epochs=BROKEN), ADAM)[0.0001] > priors(rate, unlearned(), ADAM)[0.0001]
    assert values(rate, unlearned(), ADAM)[0] == 0.01


def test_an_unknown_rate_is_reset_and_not_scaled() -> None:
    assert values(element("learning-rate", None), healthy(), ADAM) == [0.001]


def test_adam_is_the_first_optimiser_to_try() -> None:
    assert values(element("optimiser", "sgd"), healthy())[0] == "adam"
    assert "adam" not in values(ADAM, healthy())
    assert len(values(ADAM, healthy())) == 3


@pytest.mark.parametrize(
    ("trace", "first"),
    [
        (healthy(labels=one_hot(10), loss="hinge"), "categorical_crossentropy"),
        (healthy(labels=classes(10), loss="mean_squared_error"), "sparse_categorical_crossentropy"),
        (healthy(labels=classes(2), outputs=array(0, 1, shape=(1,)), loss="hinge"), "binary_crossentropy"),
        (healthy_regression(loss="poisson"), "mean_squared_error"),
        (healthy_torch(loss="mean_squared_error"), "sparse_categorical_crossentropy(from_logits)"),
    ],
)
def test_the_loss_follows_labels_and_last_activation(trace: Trace, first: str) -> None:
    assert values(element("loss", trace.loss), trace)[0] == first


def test_the_right_loss_is_doubted_less_than_a_wrong_one() -> None:
    right = priors(element("loss", "mean_squared_error"), healthy_regression())
    wrong = priors(element("loss", "poisson"), healthy_regression(loss="poisson"))
    assert max(right.values()) < max(wrong.values())


@pytest.mark.parametrize(
    ("trace", "present", "first"),
    [
        (healthy(), "softsign", "softmax"),
        (healthy(loss="binary_crossentropy", outputs=array(1, 1, shape=(1,))), "softmax", "sigmoid"),
        (healthy_torch(), "softmax", "linear"),
        (healthy_regression(), "softplus", "linear"),
    ],
)
def test_the_last_activation_follows_the_loss(trace: Trace, present: str, first: str) -> None:
    assert values(element("activation", present, role="output", layer=1), trace)[0] == first


def test_only_the_last_word_of_the_output_is_changed() -> None:
    behind = element("activation", "linear", role="output", layer=0)
    last = element("activation", "softsign", line=2, role="output", layer=1)
    assert values(behind, healthy(), last) == []
    assert values(last, healthy(), behind)[0] == "softmax"
    # Nothing but linear outputs: the last of them is the place.
    plain = replace(last, value="linear")
    assert values(behind, healthy(), plain) == []
    assert [name for name, _ in suggestions(plain, (behind, plain), healthy())] == ["set-output-activation"]


def test_a_missing_hidden_activation_becomes_relu() -> None:
    assert values(element("activation", "linear", role="hidden", layer=0, absent=True), healthy())[0] == "relu"


def test_an_activation_in_a_layer_of_its_own_is_not_doubled() -> None:
    dense = element("activation", "linear", role="hidden", layer=0, absent=True)
    separate = healthy(
        layers=(
            layer("dense", "linear", 64, 4160),
            layer("norm", "", 0, 128, kind="BatchNormalization"),
            layer("relu", "relu", 0, 0, kind="Activation"),
            layer("dense_1", "softmax", 10, 650, "output"),
        )
    )
    assert values(dense, separate) == []
    assert values(replace(dense, layer=3), separate)[0] == "relu"


def test_dead_units_get_an_activation_that_cannot_die() -> None:
    dead = sick(unlearned(), "dense", dead_share=0.9)
    relu = element("activation", "relu", role="hidden", layer=0)
    assert values(relu, dead) == ["selu", "elu", "leaky_relu"]
    assert max(priors(relu, dead).values()) > max(priors(relu, unlearned()).values())


def test_recurrent_layers_keep_to_tanh() -> None:
    trace = healthy(layers=(layer("lstm", "tanh", 8, 100, kind="LSTM"), layer("dense", "softmax", 10, 90, "output")))
    assert values(element("activation", "relu", role="hidden", layer=0), trace) == ["tanh"]
    assert values(element("activation", "tanh", role="hidden", layer=0), trace) == []


@pytest.mark.parametrize("constant", ["zeros", "ones", "constant(0.5)"])
def test_constant_weights_are_surely_reset(constant: str) -> None:
    made = element("initialiser", constant, layer=0)
    assert values(made, healthy())[:2] == ["glorot_uniform", "he_normal"]
    usual = element("initialiser", "glorot_uniform", layer=0)
    assert max(priors(made, healthy()).values()) > max(priors(usual, healthy()).values())


def test_the_fewer_updates_the_longer_the_training() -> None:
    made = element("epochs", 2)
    assert values(made, short(unlearned(), 2))[0] == 60  # 86 updates: 10 times would not be enough
    assert values(made, unlearned(updates=300))[0] == 8
    assert priors(made, short(unlearned(), 2))[60] > priors(made, healthy())[60 // 15]


def test_epochs_are_not_raised_after_a_break_nor_beyond_the_bound() -> None:
    assert values(element("epochs", 5), healthy(epochs=BROKEN)) == []
    assert values(element("epochs", 6000), healthy()) == [10_000]


def test_batches_shrink_where_updates_are_few_and_never_below_four_rows() -> None:
    few = unlearned(updates=50, batch_size=500)
    assert values(element("batch-size", 500), few)[0] == 32
    shrinking = [value for value in values(element("batch-size", 8), few) if isinstance(value, int) and value < 8]
    assert shrinking == [4]


def test_tiny_batches_grow_and_none_exceeds_the_rows() -> None:
    rows = array(0, 9, rows=50)
    found = values(element("batch-size", 1), unlearned(labels=rows, updates=60_000))
    assert found[0] == 32
    assert all(isinstance(value, int) and value <= 50 for value in found)


def test_a_penalty_is_removed_first_and_a_missing_one_left_alone() -> None:
    assert values(element("regulariser", "l1(0.01)"), healthy()) == ["none", "l1(0.001)", "l1(0.0001)"]
    assert values(element("regulariser", "none", absent=True), healthy()) == []


def test_weaker_divides_every_strength() -> None:
    assert weaker("l1_l2(0.01, 0.02)", 10) == "l1_l2(0.001, 0.002)"
    assert weaker("l2", 10) is None
    assert weaker("orthogonal(rows)", 10) is None


def test_dropout_goes_up_only_against_overfitting() -> None:
    overfitted = healthy(
        epochs=curves(loss=falling(2.1, 0.01), val_loss=tuple(0.5 + 0.05 * abs(epoch - 8) for epoch in range(30)))
    )
    made = element("dropout-rate", 0.2)
    assert all(isinstance(value, float) and value < 0.2 for value in values(made, healthy()))
    assert values(made, overfitted)[:2] == [0.5, 0.3]
    assert values(element("dropout-rate", 0.9), unlearned())[0] == 0.5


def test_the_output_is_widened_only_for_classes_it_lacks() -> None:
    output = element("units", 10, role="output", layer=1)
    assert values(output, healthy()) == []
    assert values(output, healthy(labels=classes(12))) == [12]
    assert values(element("units", 64, role="hidden", layer=0), healthy()) == [128, 32]


def test_only_layers_without_weights_are_removed() -> None:
    relu = element("activation", "relu", layer=0, role="hidden")
    doubled = element("layer", "Activation", line=2, layer=1)
    found = suggestions(doubled, (relu, doubled), healthy())
    assert [(name, suggestion.value) for name, suggestion in found] == [("remove-layer", None)]
    alone = suggestions(doubled, (replace(relu, value="linear"), doubled), healthy())
    assert alone[0][1].prior < found[0][1].prior
    much = (element("layer", "Dropout", layer=1), element("dropout-rate", 0.9, line=3, layer=1))
    assert suggestions(much[0], much, healthy())[0][1].prior == 0.5
    assert values(element("layer", "Dense", layer=0), healthy()) == []


def test_values_that_cannot_be_read_are_left_alone() -> None:
    for kind in ("epochs", "batch-size", "units", "dropout-rate", "regulariser"):
        assert values(element(kind, None), healthy()) == []
    assert values(element("metric", "accuracy"), healthy()) == []


def died(message: str) -> Trace:
    return Trace("torch", "torch", 0, crash=Crash(f"RuntimeError: {message} (train.py:12)"))


@pytest.mark.parametrize(
    ("message", "present", "expected"),
    [
        ("mat1 and mat2 shapes cannot be multiplied (32x64 and 128x10)", 128, 64),
        ("running_mean should contain 16 elements not 32", 32, 16),
        (
            "Given groups=1, weight of size [16, 3, 5, 5], expected input[32, 1, 28, 28] to have 3 channels, "
            "but got 1 channels instead",
            3,
            1,
        ),
        ("input.size(-1) must be equal to input_size. Expected 10, got 5", 10, 5),
        ("mat1 and mat2 shapes cannot be multiplied (32x64 and 128x10)", None, 64),
        ("shape '[-1, 400]' is invalid for input of size 9216", 400, 288),
        ("Expected input batch_size (64) to match target batch_size (32).", 200, 400),
    ],
)
def test_a_layer_takes_as_many_inputs_as_the_error_names(message: str, present: Value, expected: int) -> None:
    batches = element("batch-size", 32, line=2)
    suggested = values(element("input-width", present), died(message), batches)
    assert expected in suggested
    assert present not in suggested


def test_other_layers_than_the_one_that_fails_keep_their_inputs() -> None:
    assert (
        values(element("input-width", 20), died("mat1 and mat2 shapes cannot be multiplied (32x64 and 128x10)")) == []
    )
    assert values(element("input-width", 20), healthy_torch()) == []


def test_the_output_is_as_wide_as_the_labels_of_a_program_that_crashes() -> None:
    output = element("units", 5, role="output")
    assert values(output, died("Target 7 is out of bounds.")) == [MANY]
    assert values(output, died("The size of tensor a (5) must match the size of tensor b (10)")) == [10]
    assert values(output, died("mat1 and mat2 shapes cannot be multiplied (32x64 and 128x10)")) == []
    crash = Crash("IndexError: Target 7 is out of bounds.")
    watched = healthy_torch(labels=classes(9), eval_labels=classes(10), crash=crash)
    assert values(replace(output, value=MANY), watched) == [10]
    assert values(replace(output, value=10), watched) == []


@pytest.mark.parametrize(
    "message",
    [
        "mat1 and mat2 must have the same dtype, but got Double and Float",
        "expected scalar type Float but found Double",
        "Input type (double) and bias type (float) should be the same",
        "expected target dtype to be Long or Byte, but got Float",
        "expected scalar type Long but found Float",
        "Found dtype Long but expected Float",
        "result type Float can't be cast to the desired output type Long",
        "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
        "torch.FloatTensor instead (while checking arguments for embedding)",
    ],
)
def test_tensors_are_converted_where_the_error_is_about_types(message: str) -> None:
    suggested = values(element("tensor-type", "none"), died(message))
    assert {"inputs.float()", "labels.long()", "labels.float()", "inputs.float(), labels.float()"} <= set(suggested)
    assert len(suggested[0].split(",")) == 1, "the smallest change first"  # type: ignore[union-attr]


def test_tensors_stay_where_it_is_about_anything_else() -> None:
    assert values(element("tensor-type", "none"), died("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)")) == []


def test_outdated_names_go_from_a_program_that_crashes_and_from_no_other() -> None:
    outdated = element("outdated-names", "outdated")
    assert values(outdated, died("Argument(s) not recognized: {'lr': 0.01}")) == [None]
    assert values(outdated, replace(died(""), crash=None)) == []


def test_a_batch_grows_by_an_error_about_a_batch_of_one_row_and_by_no_other() -> None:
    lone = died("Expected more than 1 value per channel when training, got input size torch.Size([1, 16])")
    assert values(element("batch-size", 1), lone) == [32, 48, 64, 2]
    assert values(element("batch-size", 64), lone) == [128, 65], "the rows left over may be another number then"
    for present in (4, 8, 16, 32, 64, 100):
        sizes = [int(str(size)) for size in values(element("batch-size", present), lone)]
        crashing = [present * batches + 1 for batches in range(1, 40)]
        mended = [rows for rows in crashing if any(rows % size != 1 for size in sizes)]
        assert len(mended) >= len(crashing) - 1, "hardly any number of rows leaves one by all sizes"
    assert any(449 % int(str(size)) != 1 for size in values(element("batch-size", 32), lone)), "as it does by 64"
    assert values(element("batch-size", 1), died("mat1 and mat2 shapes cannot be multiplied")) == []


def faded(trace: Trace) -> Trace:
    return replace(trace, epochs=tuple(replace(epoch, learning_rate=1e-9) for epoch in trace.epochs))


def test_a_schedule_is_doubted_where_the_rate_has_faded() -> None:
    each_update = element("rate-schedule", "each update", owner="ExponentialLR", framework="torch")
    assert values(each_update, faded(unlearned())) == ["each epoch", "none"]
    doubted, trusted = priors(each_update, faded(unlearned())), priors(each_update, unlearned())
    assert doubted["none"] > 5 * trusted["none"]
    assert values(replace(each_update, owner="OneCycleLR"), unlearned()) == ["none"]
    assert values(replace(each_update, form="by hand"), unlearned()) == ["none"]
    assert values(replace(each_update, framework="keras", owner="ExponentialDecay"), unlearned()) == ["none"]
    assert values(element("rate-schedule", "none"), faded(unlearned())) == []


def test_frozen_weights_that_were_loaded_are_trained_late() -> None:
    random, loaded = element("frozen-weights", "frozen"), element("frozen-weights", "frozen as loaded")
    assert priors(random, unlearned())["trained"] > 4 * priors(loaded, unlearned())["trained"]
    assert values(element("frozen-weights", "trained"), unlearned()) == []


def test_a_sum_of_losses_that_was_learned_with_is_left_alone_longer_than_one_that_broke() -> None:
    summed = element("loss-reduction", "sum")
    assert priors(summed, unlearned(epochs=BROKEN))["mean"] > 4 * priors(summed, healthy())["mean"]
    assert priors(element("loss-reduction", "none"), healthy())["mean"] > 0.9


def test_patience_is_raised_where_the_training_ended_early() -> None:
    ended = replace(short(unlearned(), 3), epochs_planned=30)
    assert values(element("patience", 0), ended) == [10, 20]
    assert values(element("patience", 15), ended) == [20]
    assert priors(element("patience", 0), ended)[10] > 5 * priors(element("patience", 0), unlearned())[10]
    assert values(element("patience", None), ended) == []


def test_time_is_put_second_sooner_where_nothing_was_learned() -> None:
    recurrent = element("sequence-axis", "first")
    assert priors(recurrent, unlearned())["second"] > priors(recurrent, healthy())["second"]


def test_a_sigmoid_whose_outputs_are_rounded_stays_and_the_loss_changes() -> None:
    trace = healthy(
        loss="binary_crossentropy",
        loss_from_logits=True,
        labels=classes(2),
        layers=(layer("dense", "relu", 64, 4160), layer("dense_1", "sigmoid", 1, 65, "output")),
        outputs=array(0, 1),
    )
    rounded = element("activation", "sigmoid", role="output", read_as_shares=True)
    loss = element("loss", "binary_crossentropy(from_logits)", line=2)
    away = priors(rounded, trace)["linear"]
    assert away < priors(loss, trace)["binary_crossentropy"]
    assert away < priors(replace(rounded, read_as_shares=False), trace)["linear"]


def test_momentum_is_lowered_where_steps_never_end_and_raised_only_where_training_is_slow() -> None:
    assert values(element("momentum", 1.5, owner="SGD"), healthy()) == [0.9]
    assert values(element("momentum", 0.99, owner="SGD"), healthy()) == []
    assert values(element("momentum", 0.0, owner="SGD"), healthy()) == []


def test_betas_that_let_adam_converge_are_left_alone() -> None:
    assert values(element("betas", "0.999, 0.9"), healthy()) == ["0.9, 0.999"]
    assert values(element("betas", "0.5, 0.9"), unlearned()) == []


@pytest.mark.parametrize(
    ("present", "message", "expected"),
    [
        (50, "an embedding of 50 rows was asked for row 50", [51]),
        (None, "an embedding of 50 rows was asked for row 60", ["+11"]),
        ("+11", "an embedding of 61 rows was asked for row 61", ["+12"]),
        (50, "indices[0,3] = 99 is not in [0, 50) [Op:GatherV2]", [100]),
        (40, "an embedding of 50 rows was asked for row 50", []),
        (50, "an embedding of 50 rows was asked for row -1", []),
        (50, "list index out of range", []),
    ],
)
def test_an_embedding_gets_a_row_for_what_it_was_asked_for(present: Value, message: str, expected: list[Value]) -> None:
    assert values(element("vocabulary-size", present), died(message)) == expected


def test_an_embedding_that_does_not_crash_gets_rows_for_the_greatest_input() -> None:
    layers = (layer("e", "", 8, 400, kind="Embedding", rows=50),)
    words = array(0, 70, integral=True)
    assert values(element("vocabulary-size", 50), healthy(layers=layers, inputs=words, eval_inputs=words)) == [71]
    assert values(element("vocabulary-size", 50), healthy(layers=layers)) == []
    assert values(element("vocabulary-size", 50), healthy(inputs=words)) == []
