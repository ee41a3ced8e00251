import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.network.graph import Signature
from netmend.repairs.conversion.feeding import PairInputs, fed, layout_of, may_fit, paired


def signature(name, shape, dtype="float32"):
    return Signature(name, shape, dtype)


def names(pairs):
    return [(one.name, other.name) for one, other in pairs]


def test_what_has_the_same_name_belongs_together_and_the_rest_by_order():
    source = (signature("ids", (None, 4)), signature("mask", (None, 4)))
    target = (signature("mask", (None, 4)), signature("input", (None, 4)))
    assert names(paired(source, target, {}, "inputs")) == [("ids", "input"), ("mask", "mask")]


def test_what_the_user_says_comes_first():
    source = (signature("a", (None, 4)), signature("b", (None, 4)))
    target = (signature("c", (None, 4)), signature("d", (None, 4)))
    assert names(paired(source, target, {"a": "d"}, "inputs")) == [("a", "d"), ("b", "c")]


def test_different_numbers_of_inputs_are_refused_with_what_to_do():
    with pytest.raises(UsageError, match="the source has 1 inputs") as error:
        paired((signature("a", (None, 4)),), (signature("b", (None, 4)), signature("c", (None, 4))), {}, "inputs")
    assert "--match" in error.value.hint


def test_shapes_that_no_order_brings_together_are_refused():
    with pytest.raises(UsageError, match="no order of axes"):
        paired((signature("a", (None, 4, 5)),), (signature("b", (None, 4, 6)),), {}, "inputs")


def test_a_name_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match="has no 'z'"):
        paired((signature("a", (None, 4)),), (signature("b", (None, 4)),), {"a": "z"}, "inputs")


@pytest.mark.parametrize(
    ("one", "other", "fits"),
    [
        ((None, 3, 8, 8), (None, 8, 8, 3), True),
        ((None, 3, None, None), (None, None, None, 3), True),
        ((None, 3, None, None), (None, 16, 16, 3), True),
        ((None, 3, None, None), (None, 16, 16, 4), False),
        ((None, 12), (None, 3, 4), True),
        ((None, 12), (None, 13), False),
    ],
)
def test_shapes_fit_if_some_lengths_make_them_the_same(one, other, fits):
    assert may_fit(one, other) == fits


def test_channels_go_last_where_the_target_takes_them_last():
    value = np.random.default_rng(0).standard_normal((2, 3, 5, 7))
    found = layout_of("x", value, signature("y", (None, 5, 7, 3)))
    assert found.layout == (0, 2, 3, 1)
    assert layout_of("x", value, signature("y", (None, None, None, 3))).layout == (0, 2, 3, 1)
    assert layout_of("x", value, signature("y", (None, 3, None, None))).layout is None


def test_an_input_that_fits_in_no_order_is_refused():
    with pytest.raises(UsageError, match="no order of its axes"):
        layout_of("x", np.zeros((2, 3, 5, 7)), signature("y", (None, 3, 5, 8)))


def test_fractions_are_not_fed_as_integers():
    with pytest.raises(UsageError, match="fed fractions"):
        fed(np.array([0.5]), signature("x", (None,), "int64"))
    assert fed(np.array([2.0]), signature("x", (None,), "int64")).dtype == np.int64


def test_rows_are_taken_on_both_sides_and_what_differs_is_named():
    one, other = np.arange(6.0).reshape(3, 2), np.arange(6.0).reshape(3, 2) + 1
    rows = PairInputs({"a": one}, {"b": other}, {"b": one}, (), ("r0", "r1", "r2"))
    few = rows.take([2, 0])
    assert few.names == ("r2", "r0") and len(few) == 2
    np.testing.assert_array_equal(few.target["b"], other[[2, 0]])
    assert rows.differing == ("b",)
    assert PairInputs({"a": one}, {"b": one}, {"b": one}, (), ("r0", "r1", "r2")).differing == ()


def test_answers_go_with_their_rows_and_are_those_to_what_was_fed():
    x, y = np.arange(4.0)[:, None], np.arange(4.0)
    rows = PairInputs({"x": x}, {"x": x + 1}, {"x": x}, (), tuple("abcd"), answered=({"y": y}, {"z": 2 * y}))
    some = rows.take([3, 1])
    assert some.answered[0]["y"].tolist() == [3, 1] and some.answered[1]["z"].tolist() == [6, 2]
    assert some.prepared().answered == (some.answered[0], None) and some.prepared().target["x"].tolist() == [[3], [1]]
