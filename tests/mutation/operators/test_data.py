"""The lines that mutate training data do to arrays and tensors what their operators say."""

import numpy as np
import pytest

from netmend.mutation.generate import Applied, refusals, survey
from netmend.mutation.operators._base import Reason
from netmend.mutation.operators._examples import keras, torch
from netmend.mutation.scale import Scale
from netmend.program.source import Program

ROWS = np.arange(240, dtype="float32").reshape(60, 4) ** 1.5
CLASSES = np.repeat([0, 1, 2], [30, 20, 10])
ONE_HOT = np.eye(3)[CLASSES]
NUMBERS = np.linspace(0.0, 9.0, 60)
REGRESSION = {
    "keras": keras(loss="mse", output="layers.Dense(1)"),
    "torch": torch(criterion="nn.MSELoss()"),
}


def mutated(acronym, percentage, x, y, text):
    """The training data after the lines that a mutant has and the original has not."""
    program = Program.from_text(text)
    (found,) = [each for each in survey(program, [acronym]) if isinstance(each, Applied)]
    edits = found.opportunity.edits(percentage)
    namespace = {"x_train": x, "y_train": y, "numpy": np, "np": np}
    for edit in edits:
        exec(edit.text.strip(), namespace)
    return namespace["x_train"], namespace["y_train"]


def data(framework, x, y):
    """Arrays for Keras, tensors for PyTorch."""
    if framework == "keras":
        return x, y
    tensor = pytest.importorskip("torch").tensor
    return tensor(x), tensor(y)


def arrays(*values):
    return [np.asarray(value) for value in values]


both = pytest.mark.parametrize(
    ("framework", "text"),
    [("keras", keras()), pytest.param("torch", torch(), marks=pytest.mark.torch)],
    ids=["keras", "torch"],
)


@both
@pytest.mark.parametrize("labels", [CLASSES, ONE_HOT], ids=["numbers", "one-hot"])
def test_labels_of_the_commonest_class_become_labels_of_others(framework, text, labels):
    x, y = data(framework, ROWS, labels)
    before = np.asarray(y).copy()
    new_x, new_y = mutated("TCL", 50, x, y, text)
    assert type(new_y) is type(y) and new_y.dtype == y.dtype and new_y.shape == y.shape
    assert np.array_equal(np.asarray(y), before), "the original labels stay as they are"
    old, new = (each.argmax(1) if each.ndim == 2 else each for each in arrays(y, new_y))
    changed = np.flatnonzero(old != new)
    assert len(changed) == 15 and set(old[changed]) == {0}
    assert np.array_equal(np.asarray(new_x), ROWS)


@both
def test_labels_that_are_numbers_get_noise(framework, text):
    x, y = data(framework, ROWS, NUMBERS)
    _, new = mutated("TCL", 25, x, y, REGRESSION[framework])
    (new,) = arrays(new)
    changed = np.flatnonzero(~np.isclose(new, NUMBERS, atol=1e-5))
    assert len(changed) == 15
    assert 0.3 * NUMBERS.std() < (new - NUMBERS)[changed].std() < 3 * NUMBERS.std()


@both
@pytest.mark.parametrize(("percentage", "left"), [(50, [15, 10, 5]), (99, [1, 1, 1]), (10, [27, 18, 9])])
def test_rows_are_left_out_class_by_class(framework, text, percentage, left):
    x, y = data(framework, ROWS, CLASSES)
    new_x, new_y = mutated("TRD", percentage, x, y, text)
    assert type(new_x) is type(x) and new_x.dtype == x.dtype
    new_x, new_y = arrays(new_x, new_y)
    assert np.bincount(new_y).tolist() == left
    assert all(np.array_equal(ROWS[ROWS[:, 0] == row[0]][0], row) for row in new_x)
    assert all(CLASSES[ROWS[:, 0] == row[0]][0] == label for row, label in zip(new_x, new_y, strict=True))


@both
def test_rows_with_numbers_for_labels_are_left_out_of_all(framework, text):
    x, y = data(framework, ROWS, NUMBERS)
    new_x, new_y = arrays(*mutated("TRD", 75, x, y, REGRESSION[framework]))
    assert len(new_x) == len(new_y) == 15
    assert set(new_y.tolist()) <= set(NUMBERS.tolist())


@both
def test_only_rows_of_classes_below_the_average_are_left_out(framework, text):
    x, y = data(framework, ROWS, CLASSES)
    new_x, new_y = arrays(*mutated("TUD", 60, x, y, text))
    assert np.bincount(new_y).tolist() == [30, 20, 4]  # the average is 20
    assert len(new_x) == 54


@both
def test_noise_is_as_wide_as_the_rows_own_values_spread(framework, text):
    rows = np.concatenate([np.tile([-1.0, 1.0], (60, 50)), np.tile([-100.0, 100.0], (60, 50))]).astype("float32")
    x, y = data(framework, rows, np.repeat(CLASSES, 2))
    (new,) = arrays(mutated("TAN", 50, x, y, text)[0])
    noise = new - rows
    noisy = np.flatnonzero(np.abs(noise).max(1) > 1e-6)
    assert len(noisy) == 60
    for wide in (noisy[noisy < 60], noisy[noisy >= 60]):
        deviation = 1.0 if wide[0] < 60 else 100.0
        assert noise[wide].std() == pytest.approx(deviation, rel=0.1)
    assert new.dtype == np.float32


@both
@pytest.mark.parametrize("labels", [CLASSES, ONE_HOT], ids=["numbers", "one-hot"])
def test_rows_of_the_commonest_class_come_again_as_the_second_commonest(framework, text, labels):
    x, y = data(framework, ROWS, labels)
    new_x, new_y = mutated("TCO", 30, x, y, text)
    assert new_y.dtype == y.dtype
    new_x, new_y = arrays(new_x, new_y)
    assert np.array_equal(new_x[:60], ROWS) and np.array_equal(new_y[:60], labels)
    added = new_y[60:].argmax(1) if labels.ndim == 2 else new_y[60:]
    assert added.tolist() == [1] * 9
    assert all(row in ROWS[:30, 0] for row in new_x[60:, 0])


@pytest.mark.parametrize("acronym", ["TCL", "TRD", "TUD", "TAN", "TCO"])
def test_the_original_value_changes_no_row_and_every_run_changes_the_same_ones(acronym):
    same = mutated(acronym, 0, ROWS, CLASSES, keras())
    assert np.array_equal(same[0], ROWS) and np.array_equal(same[1], CLASSES)
    once, again = (mutated(acronym, 40, ROWS, CLASSES, keras()) for _ in range(2))
    assert all(np.array_equal(one, other) for one, other in zip(once, again, strict=True))


def test_names_that_the_program_uses_are_not_taken():
    text = keras(before_fit="rows = labels = 3\n")
    (found,) = [each for each in survey(Program.from_text(text), ["TCL"]) if isinstance(each, Applied)]
    block = found.opportunity.edits(50)[0].text
    assert "rows_ = " in block and "labels_ = " in block
    assert "rows = " not in block.replace("rows_", "") and found.opportunity.scale == Scale(0, 100, 5)


def test_lines_are_indented_as_the_statement_that_they_stand_before():
    text = keras().replace("model.fit(", "if __name__ == '__main__':\n    model.fit(")
    (found,) = [each for each in survey(Program.from_text(text), ["TAN"]) if isinstance(each, Applied)]
    mutant = found.mutant(Program.from_text(text), 50).program.main.text
    assert "\n    # TAN: 50 % of the training rows get noise" in mutant


def test_a_statement_that_shares_its_line_is_refused():
    text = keras().replace("model.fit(", "verbose = 0; model.fit(")
    assert {each.why.reason for each in refusals(Program.from_text(text), ["TAN"])} == {Reason.CANNOT_BE_WRITTEN}
