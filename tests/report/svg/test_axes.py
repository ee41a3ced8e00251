import itertools
import math
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netmend.report.svg.axes import count_axis, log_ticks, nice_ticks, picture, spread, tag, value_axis, words

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, (0, 0.2, 0.4, 0.6, 0.8, 1)),
        (0.93, 0.98, (0.93, 0.94, 0.95, 0.96, 0.97, 0.98)),
        (-3, 17, (0, 5, 10, 15)),
        (0, 4e-7, (0, 1e-7, 2e-7, 3e-7, 4e-7)),
    ],
)
def test_ticks_are_the_numbers_a_person_would_choose(low, high, ticks):
    assert nice_ticks(low, high) == ticks


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
def test_ticks_are_few_round_and_inside(low, width):
    high = low + width
    ticks = nice_ticks(low, high)
    assert len(ticks) <= 6
    step = (high - low) / 5
    assert all(low - 1e-6 * step <= tick <= high + 1e-6 * step or math.isclose(tick, low) for tick in ticks)


@given(st.lists(NUMBERS, max_size=8))
@example([0.0, 5e-324])
@example([5e-324])
@example([1e-307, 1e-307 + 5e-324])
def test_any_finite_values_get_an_axis_that_keeps_their_order(values):
    axis = value_axis(values, 250, 40)
    pixels = [axis.at(value) for value in sorted(values)]
    assert all(40 <= pixel <= 250 for pixel in pixels)
    assert pixels == sorted(pixels, reverse=True)
    assert len(axis.ticks) <= 12
    assert all(math.isfinite(tick) for tick in axis.ticks)


def test_values_over_two_decades_get_a_logarithmic_axis():
    axis = value_axis([0.01, 1000.0], 0, 100)
    assert axis.logarithmic
    assert axis.ticks == (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)
    steps = [axis.at(upper) - axis.at(lower) for lower, upper in itertools.pairwise(axis.ticks)]
    assert max(steps) == pytest.approx(min(steps))


def test_a_zero_keeps_the_axis_linear():
    assert not value_axis([0.0, 1000.0], 0, 100).logarithmic


def test_few_decades_get_twos_and_fives_and_many_get_fewer_powers():
    assert log_ticks(0.05, 6) == (0.05, 0.1, 0.2, 0.5, 1, 2, 5)
    assert len(log_ticks(1e-30, 1e30)) <= 7


def test_epochs_are_whole_numbers_from_one():
    assert count_axis(20, 0, 1).ticks == (1, 5, 10, 15, 20)
    assert count_axis(1, 0, 1).ticks == (1,)
    assert count_axis(2, 0, 1).ticks == (1, 2)
    assert all(tick == int(tick) and tick >= 1 for last in range(1, 300) for tick in count_axis(last, 0, 1).ticks)


@given(st.lists(st.floats(0, 200), max_size=6))
def test_labels_are_moved_apart_and_stay_inside(wanted):
    placed = spread(wanted, 30, 0, 200)
    ordered = sorted(placed)
    assert all(upper - lower >= 30 - 1e-6 for lower, upper in itertools.pairwise(ordered))
    assert all(-1e-6 <= position <= 200 + 1e-6 for position in placed)


def test_labels_with_room_stay_where_they_belong():
    assert spread([10, 100], 30, 0, 200) == [10, 100]


def test_text_and_attributes_are_escaped():
    hostile = "</svg><script>\x1b\x00\ufffe]]>\"'&"
    root = ElementTree.fromstring(picture("p", 10, 10, hostile, hostile, [words(hostile, x=1.0), tag("g", id=hostile)]))
    texts = [element.text for element in root]
    assert texts[0] == texts[1] == texts[2] == "</svg><script>␛␀\ufffd]]>\"'&"
    assert root[3].attrib["id"] == texts[0]
