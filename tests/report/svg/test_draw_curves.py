import math
import re
from xml.etree import ElementTree

from netmend.core.exhibits import Curve, Curves
from netmend.report.svg.draw_curves import draw_curves


def drawn(*curves):
    return ElementTree.fromstring(draw_curves(Curves("Loss.", "loss", curves), "p"))


def of_class(root, *classes):
    return [element for element in root if set(classes) <= set(element.attrib.get("class", "").split())]


def points(path):
    return [tuple(map(float, pair)) for pair in re.findall(r"[ML]([-\d.]+) ([-\d.]+)", path.attrib["d"])]


def test_every_run_is_a_line_of_its_side_and_the_median_is_bold():
    curves = [Curve(side, seed, (3.0, 2.0 + seed, 1.0)) for side in ("before", "after") for seed in range(4)]
    root = drawn(*curves)
    assert len(of_class(root, "run", "before")) == len(of_class(root, "run", "after")) == 4
    assert len([path for path in of_class(root, "median") if path.tag.endswith("path")]) == 2


def test_two_runs_have_no_median():
    root = drawn(Curve("before", 0, (1.0, 2.0)), Curve("before", 1, (1.0, 3.0)))
    assert [path for path in of_class(root, "median") if path.tag.endswith("path")] == []


def test_greater_values_are_drawn_higher_and_later_epochs_further_right():
    (path,) = of_class(drawn(Curve("after", 0, (3.0, 2.0, 2.5))), "run")
    (x1, y1), (x2, y2), (x3, y3) = points(path)
    assert x1 < x2 < x3
    assert y1 < y3 < y2


def test_a_run_that_breaks_ends_in_a_cross_and_is_counted():
    root = drawn(Curve("before", 0, (3.0, 2.0, None, None)), Curve("before", 1, (3.0, 2.0, 2.0, 2.0)))
    (cross,) = of_class(root, "cross")
    run = points(of_class(root, "run")[0])
    assert len(run) == 2
    middle = [float(number) + 4 for number in re.findall(r"M([-\d.]+) ([-\d.]+)l", cross.attrib["d"])[0]]
    assert middle == list(run[-1])
    assert "before, 2 runs, 1 not finite (×)" in "".join(root.itertext())


def test_a_gap_is_not_bridged():
    (path,) = of_class(drawn(Curve("before", 0, (3.0, None, 2.0, 1.0))), "run")
    assert path.attrib["d"].count("M") == 2


def test_one_epoch_is_a_dot_and_nothing_finite_is_a_cross():
    root = drawn(Curve("before", 0, (None,)), Curve("after", 0, (812.0,)))
    assert len(of_class(root, "point", "after")) == 1
    assert len(of_class(root, "cross", "before")) == 1


def test_no_values_at_all_still_make_a_picture():
    assert drawn(Curve("before", 0, ())) is not None


def test_thinning_keeps_spikes_gaps_and_ends():
    values = [1.0 + 0.001 * math.sin(epoch) for epoch in range(50_000)]
    values[31_111] = 9.0
    values[40_000] = None
    root = drawn(Curve("before", 0, tuple(values)))
    (path,) = of_class(root, "run")
    kept = points(path)
    assert len(kept) < 6000
    assert path.attrib["d"].count("M") == 2
    top = min(y for _, y in kept)
    assert sum(y == top for _, y in kept) == 1
    assert kept[-1][0] == 426.0


def test_many_long_runs_stay_small():
    curves = [Curve(side, seed, (1.0, 2.0) * 1000) for side in ("before", "after") for seed in range(30)]
    assert len(draw_curves(Curves("Loss.", "loss", tuple(curves)), "p")) < 100_000
