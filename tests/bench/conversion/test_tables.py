"""Tables are made of rows alone, and keep development and reporting apart."""

import pytest

from bench.conversion.plan import developed_on
from bench.conversion.tables import _page, _with_many, share


def row(**changed):
    plain = {
        "tool": "netmend", "subject": "mobile", "spelling": "as-it-is", "faults": "padding", "seed": "1",
        "injected": "padding", "nodes": "a", "said": "padding@a", "right_node": "1/1", "right_name": "1/1",
        "wrong_nodes": "0", "mends": "1", "agrees": "yes 0.0e+00", "labels": "0/12", "seconds": "1.0", "wall": "1.0",
        "runs": "40", "executions": "100", "failure": "",
    }  # fmt: skip
    return plain | changed


@pytest.mark.parametrize(
    ("subject", "seed", "developed"),
    [("mobile", "0", True), ("mobile", "1", False), ("grouped", "9", True), ("pictures", "12", True)],
)
def test_seed_0_and_those_from_9_on_of_the_small_networks_are_what_was_developed_on(subject, seed, developed):
    assert developed_on({"subject": subject, "seed": seed}) == developed


def test_networks_that_were_not_looked_at_are_reported_from_their_first_seed():
    assert not developed_on({"subject": "mobilenet-v2", "seed": "0"})


def test_a_share_has_the_interval_that_wilson_gives():
    # Brown, Cai and DasGupta, Statistical Science 16(2), 2001: 0 of 10 has the upper end z^2 / (n + z^2).
    assert share(0, 10) == f"0 of 10, 0.0% [0.0%, {1.96**2 / (10 + 1.96**2):.1%}]"
    assert share(0, 0) == ""


def test_cells_of_both_tools_stand_beside_one_another():
    rows = [
        row(),
        row(tool="fetafix", agrees="no 1.0e+00", right_node="0/1", right_name="0/1", executions="1000"),
        row(spelling="tflite int8", wrong_nodes="1"),
        row(seed="0", faults="", injected="", right_node="0/0", right_name="0/0", mends="0"),
    ]
    text = "\n".join(_page(rows))
    (line,) = [line for line in text.splitlines() if line.startswith("| agreement on fresh inputs")][:1]
    cells = [cell.split(",")[0].strip() for cell in line.strip("|").split("|")]
    assert cells == ["agreement on fresh inputs", "2 of 2", "1 of 1", "1 of 1", "0 of 1"]
    assert "| precision of accused nodes | 2 of 3" in text
    assert "| all | 1 | 1 of 1" in text


def test_executions_with_many_inputs_are_compared_cell_by_cell_and_idle_ones_apart():
    rows = [
        row(inputs="100", executions="30"),
        row(inputs="100", executions="600", tool="fetafix", agrees="no 1.0e+00"),
        row(inputs="100", executions="30", faults="bias"),
        row(inputs="100", executions="200", faults="bias", tool="fetafix"),
        row(inputs="100", executions="30", faults="axis"),
    ]
    busy, idle = list(_with_many(rows))[2:]
    assert busy == "| mobile, 100 | 1 | 1 and 0 | 30 | 600 | 0.050 | 1 of 1 |"
    assert idle == "| mobile, 100, no label differs | 1 | 1 and 1 | 30 | 200 | 0.150 | 0 of 1 |"
