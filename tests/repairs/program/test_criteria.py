"""The published criteria of a correct patch, against the linear model they are defined by."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from netmend.program.elements._find import change, find_all
from netmend.program.source import Program
from netmend.repairs.program.criteria import LOOKS, canonical, correct, difference, goes_on, matched

PROGRAM = """
import keras
from keras.layers import Dense

model = keras.Sequential()
model.add(keras.Input((4,)))
model.add(Dense(8, activation="relu"))
model.add(Dense(3))
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x, y, epochs=10)
"""


def least_squares(one, other):
    """P-value of the group's coefficient and Cohen's d, from the normal equations of the linear model itself."""
    score = np.array([*one, *other])
    group = np.array([0.0] * len(one) + [1.0] * len(other))
    design = np.column_stack([np.ones(len(score)), group])
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ design.T @ score
    residuals = score - design @ coefficients
    scale = residuals @ residuals / (len(score) - 2)
    wald = coefficients[1] / math.sqrt(scale * inverse[1, 1])
    pooled = ((len(one) - 1) * np.var(one, ddof=1) + (len(other) - 1) * np.var(other, ddof=1)) / (len(score) - 2)
    return 2 * stats.norm.sf(abs(wald)), (np.mean(one) - np.mean(other)) / math.sqrt(pooled)


@pytest.mark.parametrize(("first", "second"), [(20, 20), (20, 3), (8, 8), (2, 5)])
def test_p_and_d_are_those_of_the_linear_model(first, second):
    random = np.random.default_rng(first + second)
    for shift in (0.0, 0.3, 1.0):
        one, other = random.normal(0, 1, first).tolist(), random.normal(shift, 2, second).tolist()
        found = difference(one, other)
        assert (found.p, found.d) == pytest.approx(least_squares(one, other), rel=1e-9)


def test_without_variance_a_difference_holds_if_the_means_differ():
    assert difference([0.5] * 20, [0.6] * 20).holds
    assert not difference([0.5] * 20, [0.5] * 20).holds


def test_p_is_not_rounded_and_a_tiny_effect_does_not_hold():
    many, shifted = [0.0, 1.0] * 2000, [0.09, 1.09] * 2000
    found = difference(many, shifted)
    assert 0 < found.p < 0.0005
    assert abs(found.d) < 0.2
    assert not found.holds


def test_a_difference_needs_two_runs_on_a_side():
    with pytest.raises(ValueError, match="three in all"):
        difference([1.0], [2.0])


@pytest.mark.parametrize("higher", [True, False])
def test_every_combination_of_weak_and_strong_is_decided_as_defined(higher):
    noise = np.random.default_rng(0).normal(0, 0.05, 20)
    for b, f, p in itertools.permutations((0.2, 0.5, 0.51, 0.9), 3):
        buggy, fixed, patched = ((noise + level).tolist() for level in (b, f, p))
        found = correct(buggy, fixed, patched, trivial=0.1, higher_is_better=higher)
        better = p > b if higher else p < b
        as_good = p > f if higher else p < f
        assert found.weak == (better and abs(p - b) > 0.1)
        assert found.strong == (as_good or abs(p - f) < 0.1)


def test_a_patch_can_be_strong_without_being_weak():
    same = [0.5, 0.6] * 10
    found = correct(same, same, same, trivial=0.1, higher_is_better=True)
    assert (found.weak, found.strong) == (False, True)


def test_failed_runs_count_against_a_patch_and_as_constant_answers_elsewhere():
    fixed, failed = [0.9, 0.91] * 10, [None] * 20
    assert correct(failed, fixed, fixed, trivial=0.3, higher_is_better=True).weak
    assert not correct(failed, fixed, [0.3] * 20, trivial=0.3, higher_is_better=True).weak
    assert not correct(failed, fixed, [*fixed[1:], None], trivial=0.3, higher_is_better=True).strong
    assert not correct(failed, fixed, [*fixed[1:], math.nan], trivial=0.3, higher_is_better=True).weak


def test_more_runs_are_made_only_of_patches_that_are_better_so_far():
    buggy = [0.5, 0.6] * 10
    assert goes_on(buggy, [0.7] * LOOKS[0], trivial=0.5, higher_is_better=True)
    assert not goes_on(buggy, [0.7] * LOOKS[0], trivial=0.5, higher_is_better=False)
    assert not goes_on(buggy, [0.9, 0.9, None], trivial=0.5, higher_is_better=True)


def test_a_patch_better_by_one_deviation_is_lost_as_often_as_said():
    random = np.random.default_rng(5)
    lost = sum(
        not goes_on(random.normal(0, 1, 20).tolist(), random.normal(1, 1, 3).tolist(), trivial=0, higher_is_better=True)
        for _ in range(4000)
    )
    assert lost / 4000 == pytest.approx(1 / 19, abs=0.012)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('optimizer="adam"', "optimizer=keras.optimizers.Adam()"),
        ('optimizer="adam"', "optimizer=keras.optimizers.Adam(learning_rate=0.001)"),
        ("Dense(3)", 'Dense(3, activation="linear")'),
        ("epochs=10", "epochs=10, batch_size=32"),
        ("model", "net"),
        ("from keras.layers import Dense", "from keras.layers import Dense, Dropout"),
        ("\nmodel.fit", "\n\n# train\nmodel.fit"),
    ],
)
def test_how_something_is_written_makes_no_difference(old, new):
    assert matched(Program.from_text(PROGRAM.replace(old, new)), Program.from_text(PROGRAM))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("epochs=10", "epochs=11"),
        ("Dense(8,", "Dense(9,"),
        ('optimizer="adam"', "optimizer=keras.optimizers.Adam(learning_rate=0.0011)"),
        ('"relu"', '"tanh"'),
        ("Dense(3)", 'Dense(3, activation="softmax")'),
        ('"accuracy"', '"mse"'),
        ("model.add(Dense(3))", "model.add(keras.layers.Dropout(0.5))\nmodel.add(Dense(3))"),
    ],
)
def test_what_is_trained_makes_a_difference(old, new):
    assert not matched(Program.from_text(PROGRAM.replace(old, new)), Program.from_text(PROGRAM))


def test_a_patched_program_is_matched_by_the_same_change_made_by_hand():
    program = Program.from_text(PROGRAM)
    last = [element for element in find_all(program) if element.kind == "activation"][-1]
    patched = program.patched(change(program, last, "softmax"))
    assert matched(patched, Program.from_text(PROGRAM.replace("Dense(3)", "Dense(3, activation='softmax')")))
    assert not matched(patched, program)


def test_what_is_no_training_program_has_no_canonical_form():
    nothing = Program.from_text("print('hello')")
    assert canonical(nothing) is None
    assert not matched(nothing, nothing)
