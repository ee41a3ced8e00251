from xml.etree import ElementTree

import numpy as np
import pytest

from netmend.core.exhibits import Box, Boxes
from netmend.report.svg.draw_boxes import draw_boxes


def drawn(*boxes, lines=(), higher=True):
    return ElementTree.fromstring(draw_boxes(Boxes("Accuracy.", "accuracy", higher, boxes, lines), "p"))


def of_class(root, *classes):
    return [element for element in root if set(classes) <= set(element.attrib.get("class", "").split())]


def test_every_finite_run_is_a_point_and_every_other_a_cross():
    root = drawn(Box("before", (0.1, None, 0.2, float("nan"))), Box("after", (0.9, 0.8)))
    assert len(of_class(root, "point", "before")) == 2
    assert len(of_class(root, "cross", "before")) == 2
    assert len(of_class(root, "point", "after")) == 2
    assert of_class(root, "cross", "after") == []


def test_the_box_spans_the_quartiles():
    values = (0.1, 0.25, 0.3, 0.45, 0.5, 0.7, 0.9)
    root = drawn(Box("before", values))
    (box,) = of_class(root, "box")
    (middle,) = of_class(root, "middle")
    pixels = sorted(float(point.attrib["cy"]) for point in of_class(root, "point"))
    # The second way: quartiles of the pixels of the points, by NumPy; the axis is linear.
    upper, centre, lower = np.quantile(pixels, [0.25, 0.5, 0.75])
    assert float(box.attrib["y"]) == pytest.approx(upper, abs=0.15)
    assert float(box.attrib["y"]) + float(box.attrib["height"]) == pytest.approx(lower, abs=0.15)
    assert float(middle.attrib["y1"]) == pytest.approx(centre, abs=0.15)


def test_few_runs_have_no_box():
    root = drawn(Box("before", (0.1, 0.2, 0.3, 0.4)))
    assert of_class(root, "box") == []
    assert len(of_class(root, "middle")) == 1


def test_a_whisker_stops_before_an_outlier():
    root = drawn(Box("before", (0.5, 0.51, 0.52, 0.53, 0.54, 0.1)))
    lowest = max(float(point.attrib["cy"]) for point in of_class(root, "point"))
    reach = max(float(whisker.attrib["d"].rpartition("V")[2]) for whisker in of_class(root, "whisker"))
    assert reach < lowest - 50


def test_reference_lines_are_named_and_do_not_overlap():
    root = drawn(Box("before", (0.1, 0.9)), lines=(("trivial predictor", 0.50), ("goal", 0.51)))
    first, second = of_class(root, "reference")
    assert float(first.attrib["y1"]) > float(second.attrib["y1"])
    labels = {text.text: float(text.attrib["y"]) for text in root if text.text in ("trivial predictor", "goal")}
    assert labels["trivial predictor"] - labels["goal"] >= 29.9


def test_a_reference_line_beyond_the_values_is_in_the_picture():
    (line,) = of_class(drawn(Box("before", (0.1,)), lines=(("goal", 0.95),)), "reference")
    assert 30 < float(line.attrib["y1"]) < 60


def test_the_description_holds_the_numbers():
    root = drawn(Box("before", (None,)), Box("after", (0.9,)), lines=(("goal", 0.8),))
    assert root[1].text == (
        "before: median –, – to –, 1 run, 1 failed. after: median 0.9, 0.9 to 0.9, 1 run, 0 failed. goal: 0.8."
    )


def test_all_runs_failed_is_a_picture_too():
    assert len(of_class(drawn(Box("before", (None, None))), "cross")) == 2
