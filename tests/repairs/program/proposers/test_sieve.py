import numpy as np
import pytest

from netmend.program.elements._find import find_all
from netmend.program.sequence.read import sequence_of
from netmend.program.source import Program
from netmend.repairs.program.infill._holes import applied
from netmend.repairs.program.proposers import _sieve
from netmend.repairs.program.proposers._sieve import Sieve, only_longer
from netmend.repairs.program.space import Space
from netmend.training.trace import ArrayStats, LayerInfo, Trace

TEXT = """
import keras
from keras import layers
x = x / 255
model = keras.Sequential([
    layers.Dense(8, activation="tanh", kernel_initializer="zeros"),
    layers.Dense({units}, activation="{last}"),
])
model.compile(optimizer="adam", loss="{loss}", metrics=["accuracy"])
model.fit(x, y, epochs=8, validation_split=0.1)
model.evaluate(x_test, y_test)
"""
BINARY = {"units": 1, "last": "sigmoid", "loss": "binary_crossentropy"}


def sieve(trace=None, too_dear=lambda assignment: False, **changes):
    program = Program.from_text(TEXT.format(**{**BINARY, **changes}))
    space = Space(program, find_all(program))
    return Sieve(space, sequence_of(program), trace, too_dear), space


def labels(values, one_hot=False):
    array = np.asarray(values, float)
    return ArrayStats(
        dtype="float32", shape=array.shape[1:], rows=len(array), minimum=array.min(), maximum=array.max(),
        mean=array.mean(), std=array.std(),
        integral=bool((array == array.round()).all()), one_hot=one_hot, distinct=len(np.unique(array)),
    )  # fmt: skip


def trace(values, loss, units=1, one_hot=False):
    layer = LayerInfo(name="a", kind="Dense", activation="sigmoid", units=units, role="output")
    return Trace("keras", "torch", 0, loss=loss, labels=labels(values, one_hot), layers=(layer,))


def why(given, **wanted):
    """The reason against values of elements, named by kind, or by kind and role."""
    sieve, space = given
    ids = {f"{each.kind}_{each.role}".strip("_").replace("-", "_"): each.id for each in space.elements}
    assignment = {ids[name]: value for name, value in wanted.items()}
    return sieve.judged(assignment, applied(sequence_of(space.program), assignment))[1]


def test_what_nothing_speaks_against_is_a_patch():
    given, space = sieve()
    identity = next(each.id for each in space.elements if each.kind == "epochs")
    patch = given.patch({identity: 20}, sequence_of(space.program))
    assert patch.describe() == "epochs of fit: 8 -> 20"
    assert not given.dropped and given.describe() == ""


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"optimiser": "no_such"}, _sieve.UNWRITABLE),
        ({"epochs": 8}, _sieve.UNCHANGED),
        ({"learning_rate": 0.001}, _sieve.SAME_MEANING),
        ({"initialiser_output": "glorot_uniform"}, _sieve.SAME_MEANING),
        ({"metric": "mean_squared_error"}, _sieve.METRIC),
        ({"validation_split": 0.3}, _sieve.ROWS),
        ({"units_output": 3}, _sieve.SHAPES),
        ({"loss": "categorical_crossentropy"}, _sieve.RANGE),
        ({"activation_output": "tanh"}, _sieve.RANGE),
        ({"activation_output": "softmax"}, _sieve.RANGE),
        ({"loss": "binary_crossentropy(from_logits)"}, _sieve.RANGE),
    ],
)
def test_what_cannot_work_or_mends_nothing_is_dropped_for_its_reason(wanted, reason):
    assert why(sieve(), **wanted) == reason


@pytest.mark.parametrize(
    "wanted",
    [
        {"learning_rate": 0.01},
        {"initialiser_output": "he_normal"},
        {"initialiser_input": "glorot_uniform"},
        {"activation_input": "relu"},
        {"loss": "mean_squared_error"},
        {"loss": "binary_crossentropy(from_logits)", "activation_output": "linear"},
    ],
)
def test_what_may_work_is_kept(wanted):
    assert why(sieve(), **wanted) == ""


def test_what_is_wrong_elsewhere_is_not_held_against_a_change():
    """The zeros of the first layer, and an output that cannot be right, are there whatever else is changed."""
    given = sieve(last="relu")
    assert why(given, learning_rate=0.01) == ""
    assert why(given, activation_input="relu") == ""
    assert why(given, activation_output="tanh") == _sieve.RANGE


def test_labels_decide_about_losses_outputs_and_widths():
    classes = sieve(trace([0, 1, 2, 3], "sparse_categorical_crossentropy", 4), units=4, last="softmax",
                    loss="sparse_categorical_crossentropy")  # fmt: skip
    assert why(classes, loss="categorical_crossentropy") == _sieve.LABELS
    assert why(classes, loss="mean_squared_error") == _sieve.LABELS
    narrow = sieve(trace([0, 1, 2, 3], "sparse_categorical_crossentropy", 1), last="softmax",
                   loss="sparse_categorical_crossentropy")  # fmt: skip
    assert narrow[0].needed_width() == 4
    assert why(narrow, units_output=4) == ""
    assert why(narrow, units_output=3) == _sieve.SHAPES
    amounts = sieve(trace([-0.5, 3.25], "mean_squared_error"), last="tanh", loss="mean_squared_error")
    assert why(amounts, activation_output="sigmoid") == _sieve.RANGE
    assert why(amounts, activation_output="linear") == ""
    assert amounts[0].needed_width() == 1
    rows = trace([[1, 0, 0], [0, 0, 1]], "categorical_crossentropy", 3, one_hot=True)
    assert sieve(rows)[0].needed_width() == 3
    assert sieve()[0].needed_width() is None


def test_what_takes_too_long_is_dropped():
    assert why(sieve(too_dear=lambda assignment: True), epochs=20) == _sieve.TOO_DEAR


def test_a_patch_that_measures_training_rows_is_dropped():
    _, space = sieve()
    moved = Program.from_text(space.program.main.text.replace("evaluate(x_test, y_test)", "evaluate(x, y)"))
    assert _sieve._on_training_rows(moved) and not _sieve._on_training_rows(space.program)


def test_what_is_dropped_is_counted_by_reason():
    given, space = sieve()
    ids = {each.kind: each.id for each in space.elements}
    for assignment in ({ids["metric"]: "mean_squared_error"}, {ids["epochs"]: 8}, {ids["metric"]: "auc"}):
        assert given.patch(assignment, sequence_of(space.program)) is None
    assert given.dropped == {_sieve.METRIC: 2, _sieve.UNCHANGED: 1}
    assert given.describe() == "2 changes the metric, 1 changes nothing"


def test_only_longer_is_a_longer_training_and_nothing_else():
    _, space = sieve()
    ids = {each.kind: each.id for each in space.elements}
    assert only_longer(space, {ids["epochs"]: 20})
    assert only_longer(space, {ids["epochs"]: 20, ids["batch-size"]: 16})
    assert not only_longer(space, {ids["epochs"]: 2})
    assert not only_longer(space, {ids["epochs"]: 20, ids["loss"]: "huber"})
    assert not only_longer(space, {})
