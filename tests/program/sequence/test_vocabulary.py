import math

import pytest

from netmend.program.elements import activation, batch_size, epochs, initialiser, learning_rate, loss, metric, optimiser
from netmend.program.sequence.vocabulary import ELEMENTS, KINDS, OTHER, UNKNOWN, Vocabulary, snapped, spelled


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("activation", (*activation.USUAL, *activation.RARE)),
        ("optimiser", optimiser.VALUES),
        ("metric", metric.VALUES),
        ("learning-rate", learning_rate.LADDER),
        ("epochs", epochs.ROUND),
        ("batch-size", batch_size.VALUES),
        ("loss", (*loss.VALUES["keras"], *loss.VALUES["torch"])),
        ("initialiser", (*initialiser.VALUES["keras"], *initialiser.VALUES["torch"])),
    ],
)
def test_what_an_element_may_be_changed_to_stands_in_the_vocabulary_as_it_is(kind, values):
    for value in values:
        token = KINDS[kind].token(value)
        assert token == (value if isinstance(value, str) else spelled(value))


def test_the_nine_kinds_have_vocabularies():
    assert set(ELEMENTS) <= KINDS.keys()


def test_values_are_spelled_once_and_grids_ascend():
    for vocabulary in KINDS.values():
        assert len(set(vocabulary.tokens)) == len(vocabulary.tokens)
        assert list(vocabulary.grid) == sorted(vocabulary.grid)


@pytest.mark.parametrize("value", [0.0007, 0.0013, 0.9, 3.0, 1e-9])
def test_a_number_meets_the_nearest_of_its_grid_on_a_logarithmic_scale(value):
    grid = KINDS["learning-rate"].grid
    nearest = sorted(grid, key=lambda each: abs(math.log10(each) - math.log10(value)))[0]
    assert snapped(value, grid) == spelled(nearest)


def test_zero_is_only_met_by_zero():
    assert KINDS["dropout-rate"].token(0.0) == "0"
    assert KINDS["dropout-rate"].token(0.01) == "0.05"
    assert KINDS["learning-rate"].token(0.0) == "1e-06"


def test_what_cannot_be_told_and_what_is_not_in_the_list_are_two_things():
    assert KINDS["loss"].token(None) == UNKNOWN
    assert KINDS["loss"].token("wasserstein") == OTHER
    assert KINDS["epochs"].token("many") == OTHER
    assert KINDS["learning-rate"].token(math.inf) == OTHER


def test_a_value_with_numbers_in_it_meets_the_nearest_of_its_name():
    assert KINDS["regulariser"].token("l2(0.0008)") == "l2(0.001)"
    assert KINDS["regulariser"].token("l1_l2(0.01, 0.5)") == "l1_l2(0.01)"
    assert KINDS["input-scaling"].token("divide(255)") == "divide(255)"
    assert KINDS["input-scaling"].token("divide(100)") == "divide"
    assert KINDS["input-scaling"].token("transform(scaler)") == "transform"
    assert KINDS["gradient-clipping"].token("global_norm(5)") == "global_norm"
    assert KINDS["class-weight"].token("balanced(one_hot)") == "balanced"


def test_flags_are_words():
    assert KINDS["shuffling"].token(True) == "true"
    assert KINDS["shuffling"].token(False) == "false"


def test_the_index_of_a_token_counts_other_and_unknown_last():
    few = Vocabulary(("a", "b"))
    assert [few.index(each) for each in ("a", "b", OTHER, UNKNOWN)] == [0, 1, 2, 3]
