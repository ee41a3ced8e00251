"""Safety properties on boxes."""

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.network.graph import Signature
from netmend.repairs.weights.reading._base import Images
from netmend.repairs.weights.reading.vnnlib import read
from netmend.repairs.weights.requirements.constraints import LinearConstraints

TWO = (Signature("x", (None, 2), "float32"),)
BOX = """; a comment
(declare-const X_0 Real) (declare-const X_1 Real) (declare-const Y_0 Real)
(assert (<= X_0 1.5)) (assert (>= X_0 -0.5)) (assert (<= X_1 2)) (assert (>= X_1 2.0))
"""


def property_of(tmp_path, text, inputs=TWO):
    (tmp_path / "p.vnnlib").write_text(text)
    return read(tmp_path / "p.vnnlib", inputs, Images())


def holds(found, outputs):
    a, b, clause = found.conditions
    wide = np.zeros((len(a), outputs.shape[1]))
    wide[:, : a.shape[1]] = a
    return LinearConstraints(wide, b, len(outputs), clause).slack(outputs) > 0


def test_a_box_becomes_its_vertices(tmp_path):
    found = property_of(tmp_path, BOX + "(assert (<= Y_0 3))")
    assert found.inputs.tolist() == [[-0.5, 2.0], [1.5, 2.0]] and found.polytopes == (range(2),)


@pytest.mark.parametrize(
    ("unsafe", "safe"),
    [
        ("(assert (<= Y_0 3))", lambda y: y[:, 0] > 3),
        ("(assert (<= Y_0 Y_1)) (assert (<= Y_0 Y_2))", lambda y: (y[:, 0] > y[:, 1]) | (y[:, 0] > y[:, 2])),
        (
            "(assert (or (and (<= Y_2 Y_0) (<= Y_2 Y_1)) (and (>= Y_0 5))))",
            lambda y: ((y[:, 2] > y[:, 0]) | (y[:, 2] > y[:, 1])) & (y[:, 0] < 5),
        ),
        ("(assert (>= (+ Y_0 (* 2.0 Y_1)) (- Y_2 1)))", lambda y: y[:, 0] + 2 * y[:, 1] < y[:, 2] - 1),
    ],
)
def test_what_must_not_happen_is_negated(tmp_path, unsafe, safe):
    outputs = np.random.default_rng(0).normal(size=(400, 3)) * 3
    found = property_of(tmp_path, BOX + unsafe)
    assert np.array_equal(holds(found, outputs), safe(outputs)) and safe(outputs).any() and not safe(outputs).all()


def test_several_boxes_are_several_regions(tmp_path):
    boxes = "(assert (or (and (>= X_0 0) (<= X_0 1) (<= Y_0 3)) (and (>= X_0 2) (<= X_0 3) (<= Y_0 3))))"
    found = property_of(tmp_path, boxes, (Signature("x", (None, 1), "float32"),))
    assert found.inputs.ravel().tolist() == [0, 1, 2, 3] and found.polytopes == (range(2), range(2, 4))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOX, "no condition on an output"),
        ("", "no condition on an output"),
        (
            BOX + "(assert (<= X_0 -1)) (assert (<= Y_0 3))",
            "the lower bound of X_0, -0.5, is above its upper bound, -1",
        ),
        ("(assert (<= X_1 1)) (assert (>= X_1 0)) (assert (<= Y_0 3))", "these lack one: X_0"),
        (BOX + "(assert (<= Y_0 3)", "cut off"),
        (BOX + "(assert (<= Y_0 3)))", "bracket too many"),
        ("(assert (<= X_0 1)) (assert (<= Y_0 3))", "lower and an upper bound"),
        (BOX + "(assert (=> Y_0 3))", "=> is not understood"),
        (BOX + "(assert (<= (* Y_0 Y_1) 3))", "* is not understood"),
        (BOX + "(assert (<= (+ X_0 X_1) 3)) (assert (<= Y_0 1))", "one by one"),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path, text, said):
    with pytest.raises(UsageError) as raised:
        property_of(tmp_path, text)
    assert said in str(raised.value) and "p.vnnlib" in raised.value.where
