from xml.etree import ElementTree

import pytest

from netmend.report.document import PhaseCost
from netmend.report.svg.draw_costs import draw_costs


def bars(*costs):
    root = ElementTree.fromstring(draw_costs(costs, "p"))
    return root, [float(part.attrib["width"]) for part in root if part.attrib.get("class") == "bar"]


def test_bars_are_as_long_as_their_time():
    _, widths = bars(PhaseCost("observe", 8, 20.0, 10.0, 0.0), PhaseCost("search", 30, 60.0, 40.0, 0.0))
    assert widths[1] == pytest.approx(4 * widths[0], abs=0.2)


def test_every_phase_and_the_total_are_described():
    root, _ = bars(PhaseCost("observe", 8, 20.0, 10.0, 0.0), PhaseCost("search", 30, 60.0, 40.0, 0.0))
    assert root[1].text == "observe: 10 s, 8 runs; search: 40 s, 30 runs; total: 50 s, 38 runs"


def test_a_phase_without_a_clock_shows_its_runs_and_no_time_at_all_is_no_error():
    _, widths = bars(PhaseCost("observe", 8, 20.0, 0.0, 0.0), PhaseCost("control", 0, 0.0, 0.0, 0.0))
    assert widths[0] > 100 > widths[1]
    assert bars(PhaseCost("observe", 0, 0.0, 0.0, 0.0))[1] == [1.0]
