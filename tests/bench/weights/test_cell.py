import numpy as np
import pytest

from bench.weights import cell
from netmend.network.evaluate import run
from netmend.repairs.weights.harm import outputs

pytestmark = pytest.mark.torch


def test_a_repair_is_measured_as_a_slow_count_measures_it(tiny):
    case = tiny.make("flipped", 2, 0)
    found = cell.repair(case, "l2", "linearise-solve-verify", "1", 60.0)
    assert found["shown"] == "1.0000" and found["points"] == "2" and found["layers"] == "2"
    shop = cell.workshop(case, "l2", "linearise-solve-verify", 60.0)
    from netmend.repairs.weights.methods.linearise_solve_verify import propose

    change = propose(shop.problem(shop.layers[1]), lambda said: None).change
    graph, given = case.subject.network.graph, case.reporting.inputs
    changed = graph.with_constants(change.changed)
    before, after = (run(each, {"x": given})["y"].argmax(axis=1) for each in (graph, changed))
    lost = sum(int(one != other) for one, other in zip(before, after, strict=True))  # all were right before
    assert float(found["drawdown"]) == pytest.approx(lost / len(given), abs=1e-6)
    assert int(found["regressions"]) == lost and float(found["churn"]) == pytest.approx(lost / len(given), abs=1e-6)


def test_no_change_has_no_effect(tiny):
    case = tiny.make("flipped", 1, 0)
    assert cell.effect(case.subject.network, {}, case.reporting) == cell.Effect(0.0, 0, 0.0, 0.0)


def test_every_method_answers_on_the_same_points(tiny):
    case = tiny.make("flipped", 1, 0)
    for method in ("linearise-solve-verify", "aprnn", "prdnn", "last-layer", "fine-tune"):
        (norm, *_), layers = cell.norms_of(method, ("l2",)), cell.layers_of(method, 2)
        found = cell.repair(case, norm, method, layers[-1], 60.0)
        assert found["shown"] == "1.0000", (method, found["answer"])
        assert set(cell.MEASURED) < set(found) and float(found["proposing"]) >= 0


def test_methods_with_layers_or_norms_of_their_own_have_no_cell_for_each():
    assert cell.layers_of("fine-tune", 9) == ("all",) and cell.layers_of("aprnn", 2) == ("0", "1")
    assert cell.norms_of("arachne", ("l2", "covariance")) == ("-",)
    assert cell.norms_of("aprnn", ("l2", "covariance")) == ("l1-linf",)
    assert cell.norms_of("linearise-solve-verify", ("l2", "covariance")) == ("l2", "covariance")


def test_keeping_keeps_every_clear_answer_of_the_inputs_for_choosing(tiny):
    case = tiny.make("flipped", 2, 0)
    kept = cell.present(case)
    margins = np.diff(np.sort(outputs(case.subject.network, case.choosing.inputs), axis=1))[:, -1]
    assert len(kept) == np.count_nonzero(margins >= 1e-3)
    found = cell.repair(case, "l2", "linearise-solve-verify" + cell.KEEPING, "0", 60.0)
    if found["shown"]:
        assert float(found["choosing_drawdown"]) <= 1 - len(kept) / len(case.choosing)
    else:
        assert "miss" in found["answer"]


def test_the_default_choice_of_a_layer_is_asked_like_any_other(tiny):
    case = tiny.make("flipped", 2, 0)
    one, other = (cell.choose(case, "l2", name, 0)["order"] for name in ("shortlist", "gap-drift"))
    assert one == other  # of two layers only one is repaired


def test_no_time_is_a_row_without_numbers(tiny):
    found = cell.repair(tiny.make("flipped", 2, 0), "l2", "linearise-solve-verify", "0", 0.0)
    assert found["answer"].startswith("timed out") and found["shown"] == "" and found["limit"] == "0"


def test_a_heuristic_orders_every_layer_or_says_why_not(tiny):
    case = tiny.make("flipped", 2, 0)
    found = cell.choose(case, "l2", "last", 0)
    assert found["order"] == "1 0" and found["why_not"] == "" and float(found["seconds"]) >= 0
    assert sorted(cell.choose(case, "covariance", "probe-drift", 0)["order"].split()) == ["0", "1"]
    refused = cell.choose(case, "l2", "change", 0)
    assert refused["order"] == "" and "corrupted" in refused["why_not"]


def test_inputs_of_the_case_are_judged_by_their_own_rule(tiny):
    case = tiny.make("flipped", 1, 0)
    assert case.reporting.right(outputs(case.subject.network, case.reporting.inputs)).all()
    assert not np.array_equal(case.choosing.inputs, case.reporting.inputs)
