"""What the report shows of a repair."""

import numpy as np
import pytest

from netmend.core.exhibits import Boxes, Facts, Table
from netmend.core.loop import Watcher
from netmend.repairs.weights import exhibits
from netmend.repairs.weights.given import Options
from netmend.repairs.weights.study import repair_network, report_facts

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_margins_change_harm_and_proof_are_shown_with_the_numbers(mlp, wrong, tmp_path):
    np.savez(tmp_path / "wrong.npz", x=wrong.inputs, y=wrong.requirement.labels)
    random = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    np.savez(tmp_path / "held.npz", x=random, y=mlp.run(random).argmax(axis=1))
    options = Options(tmp_path / "wrong.npz", held_out=tmp_path / "held.npz", harm=1.0)
    found = repair_network(mlp.path, options, tmp_path / "out", Watcher())
    shown = report_facts(found, options, tmp_path / "out")["exhibits"]
    boxes = next(each for each in shown if isinstance(each, Boxes))
    assert [box.label for box in boxes.boxes] == ["before", "after"] and boxes.each == "point"
    assert min(boxes.boxes[0].values) < 0 < min(boxes.boxes[1].values)
    facts = {name: value for each in shown if isinstance(each, Facts) for name, value in each.facts}
    assert facts["inputs"] == "15" and "drawdown" in facts and "harm budget" in facts
    assert "6 of 8 had their margin before, 8 have it after" in facts["points"]
    assert str(tmp_path / "out" / "certificate.json") in facts["validate"]
    layers = next(each for each in shown if isinstance(each, Table) and "layer" in each.columns)
    assert len(layers.rows) == 2 and any("norm" in row[3] for row in layers.rows)


def test_of_very_many_margins_the_extremes_are_drawn():
    drawn = exhibits._drawn(np.arange(10_000.0))
    assert len(drawn) == exhibits.MOST_DRAWN and drawn[0] == 0 and drawn[-1] == 9999
    assert exhibits._drawn(np.array([np.inf, 1.0])) == (1.0, None)


def test_what_was_left_out_and_which_points_are_recommended_is_said():
    from types import SimpleNamespace

    from netmend.repairs.weights.repair_set._base import Measured

    found = Measured({"a": 1.5}, (), {"b": "too slow"}, {"few": (4, 2), "many": tuple(range(60))})
    table, left_out, chosen = exhibits.set_table(SimpleNamespace(analyses={"x": found}))
    assert table.rows == (("x", "a", "1.5"),) and left_out.facts == (("x, b", "too slow"),)
    assert chosen.facts[0] == ("few", "4, 2") and chosen.facts[1][1].endswith("48, 49 and 10 more")
    assert len(list(exhibits.set_table(SimpleNamespace(analyses={"x": Measured({"a": 1.5})})))) == 1
