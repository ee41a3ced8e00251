import math

import pytest

from netmend.core.exhibits import Box, Boxes, Curve, Curves
from netmend.report.numbers import count, duration, number, summarise_boxes, summarise_curves


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.96778, "0.9678"), (32154.3, "3.215e+04"), (70.0, "70"), (None, "–"), (math.nan, "–"), (-math.inf, "-∞")],
)
def test_numbers_have_four_significant_digits(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 s"),
        (9e-6, "under 0.01 s"),
        (0.418, "0.42 s"),
        (9.96, "10 s"),
        (59.6, "1 min 0 s"),
        (185, "3 min 5 s"),
        (7800, "2 h 10 min"),
        (None, "–"),
    ],
)
def test_durations_use_the_units_of_a_person(seconds, text):
    assert duration(seconds) == text


def test_counting_follows_grammar():
    assert count(1, "run") == "1 run"
    assert count(1200, "run") == "1,200 runs"
    assert count(2, "patch", "patches") == "2 patches"


def test_failed_runs_are_counted_and_are_in_no_other_number():
    (summary,) = summarise_boxes(Boxes("", "accuracy", True, (Box("before", (0.1, None, 0.3, 0.2, math.nan)),)))
    assert (summary.runs, summary.failed) == (5, 2)
    assert (summary.lowest, summary.median, summary.highest) == (0.1, 0.2, 0.3)


def test_a_box_of_failures_has_no_numbers():
    (summary,) = summarise_boxes(Boxes("", "accuracy", True, (Box("before", (None,)),)))
    assert (summary.failed, summary.median, summary.lowest) == (1, None, None)


def test_curves_are_summarised_by_side():
    curves = (Curve("before", 0, (2.0, None)), Curve("before", 1, (4.0, 1.0)), Curve("after", 0, ()))
    before, after = summarise_curves(Curves("", "loss", curves))
    assert (before.runs, before.nonfinite, before.epochs, before.first, before.last) == (2, 1, 2, 3.0, 1.0)
    assert (after.runs, after.epochs, after.first) == (1, 0, None)
