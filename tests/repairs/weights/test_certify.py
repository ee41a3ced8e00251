"""What is known of points, against exact evaluation and the network's own runtime."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.network.load import load
from netmend.repairs.weights import certify
from netmend.repairs.weights.certificate import statement
from netmend.repairs.weights.certify import Checked, Level, check_points, look_at, outputs_of
from netmend.repairs.weights.repairer import WeightRepairer
from netmend.repairs.weights.specification import Labels, Specification
from netmend.repairs.weights.subject import NetworkUnderRepair

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_right_points_are_proved_and_wrong_ones_are_not(mlp, wrong):
    for level in Level:
        found = check_points(mlp, wrong, level)
        assert found.holds[2:].all() and not found.holds[:2].any()


def test_the_bound_encloses_the_exact_slack(mlp, wrong):
    found = check_points(mlp, wrong, Level.EXACT)
    for exact, slack, error in zip(found.exact, found.slack, found.error, strict=True):
        assert abs(exact - slack.item().as_integer_ratio()[0] / slack.item().as_integer_ratio()[1]) <= error
    assert found.error.max() < 1e-12 and "rational" in found.sentence()


def test_the_deployed_bound_encloses_what_the_runtime_answers(mlp, wrong):
    found = check_points(mlp, wrong, Level.DEPLOYED)
    assert np.all(np.abs(found.replayed - found.slack) <= found.deployed_error)
    assert found.covered[2:].all() and "covered by a bound at" in found.sentence()


def test_changed_constants_are_what_is_checked(mlp, wrong):
    swapped = mlp.graph.constants["fc1.weight"][::-1].copy()
    found = check_points(mlp, wrong, Level.DEPLOYED, {"fc1.weight": swapped})
    by_hand = mlp.run(wrong.inputs, {"fc1.weight": swapped}).astype(np.float64)
    assert np.allclose(found.replayed, wrong.requirement.slack(by_hand))
    assert np.allclose(found.slack, found.replayed, atol=1e-5)


def test_through_a_last_relu_replay_and_evaluation_agree(mlp_file, points):
    network = load(mlp_file("Relu"))
    labels = network.run(points).argmax(axis=1)
    found = check_points(network, Specification(points, Labels(labels, 1e-3)), Level.DEPLOYED)
    assert np.array_equal(found.holds, (found.replayed > 0) & (found.slack >= 1e-3))


def test_a_point_that_no_bound_covers_is_replayed():
    slack, error, required = np.ones(3), np.full(3, 0.1), np.full(3, 0.5)
    found = Checked(slack, error, required, np.array([0.5, 2.0, 2.0]), np.array([1.0, 1.0, -1.0]))
    assert found.covered.tolist() == [True, False, False] and found.holds.tolist() == [True, True, False]
    assert replace(found, error=np.full(3, np.inf), unbounded="x").proved.sum() == 0


def test_a_replay_that_answers_otherwise_is_counted_as_such_in_every_sentence(mlp, wrong):
    found = replace(
        check_points(mlp, wrong, Level.DEPLOYED),
        slack=np.full(8, 1.0),
        error=np.zeros(8),
        deployed_error=np.array([0.5] * 3 + [np.inf] * 5),
        replayed=np.array([1.0] * 7 + [-1.0]),
    )
    assert "by a replay at 4; at 1 the replay does not answer as required" in found.sentence()
    assert "4 points were replayed in the named runtime, which answers" in statement(found, Level.DEPLOYED)
    assert "1 points were replayed in the named runtime, which does not answer" in statement(found, Level.DEPLOYED)
    short = replace(found, slack=np.array([1.0] * 7 + [0.0]))
    assert "meets the requirement at 7 of 8 points" in statement(short, Level.DEPLOYED)
    loose = replace(found, error=np.array([0.0] * 6 + [2.0] * 2))
    assert "at 6 of 8 points" in statement(loose, Level.FLOAT64)
    assert "at 2 more by evaluation alone" in statement(loose, Level.FLOAT64)
    assert "at every point" in statement(replace(found, replayed=np.ones(8)), Level.DEPLOYED)


def test_functions_without_an_exact_answer_are_refused(mlp_file, points):
    network = load(mlp_file("Tanh"))
    specification = Specification(points, Labels(np.zeros(8, np.int64)))
    with pytest.raises(UsageError, match="cannot be evaluated exactly"):
        check_points(network, specification, Level.EXACT)
    assert outputs_of(network, specification) == 3


@pytest.mark.parametrize("terms", [0, 10**9])
def test_exact_arithmetic_is_refused_before_anything_is_built(mlp_file, points, terms, monkeypatch):
    """By evaluating a small network, and by the operators of one that is too large for that."""
    monkeypatch.setattr(certify, "SMALL", 10**9 - terms)
    network = load(mlp_file("Tanh"))
    subject = NetworkUnderRepair(network.path, network, Specification(points, Labels(np.zeros(8, np.int64))))
    WeightRepairer(subject)
    with pytest.raises(UsageError, match="cannot be evaluated exactly"):
        WeightRepairer(replace(subject, level=Level.EXACT))
    plain = load(mlp_file(None, "plain.onnx"))
    WeightRepairer(replace(subject, network=plain, level=Level.EXACT))


def test_both_classes_of_a_sigmoid_are_replayed_by_its_side_of_a_half(sigmoid_file, points):
    network = load(sigmoid_file())
    shares = network.run(points)[:, 0]
    for labels in ((shares > 0.5).astype(np.int64), (shares <= 0.5).astype(np.int64)):
        found = check_points(network, Specification(points, Labels(labels, 1e-6)), Level.DEPLOYED)
        right = labels == (shares > 0.5)
        assert np.array_equal(found.answered, right) and np.array_equal(found.holds, right)
        assert np.allclose(found.replayed, found.slack, atol=1e-5)


@pytest.mark.parametrize("last", ["Sigmoid", "Softmax"])
def test_before_a_repair_the_slack_is_in_the_units_of_the_one_after(mlp_file, sigmoid_file, points, last):
    network = load(sigmoid_file() if last == "Sigmoid" else mlp_file(last))
    answers = network.run(points)
    labels = answers.argmin(axis=1) if last == "Softmax" else (answers[:, 0] < 0.5).astype(np.int64)
    specification = Specification(points, Labels(labels, 1e-3))
    before, after = look_at(network, specification, Level.DEPLOYED), check_points(network, specification, Level.FLOAT64)
    assert np.allclose(before.slack, after.slack) and np.all(before.slack < 0) and not before.evaluated.any()


def test_without_a_bound_the_network_before_a_change_is_evaluated_once_for_all_changes(mlp, wrong, monkeypatch):
    from netmend.network.executions import counted
    from netmend.repairs.weights import enclosing
    from netmend.repairs.weights.activations import Activations

    def count_of(prefix, by):
        changed = {"fc1.weight": (mlp.graph.constants["fc1.weight"] * np.float32(by)).astype(np.float32)}
        with counted() as count:
            found = check_points(mlp, wrong, Level.FLOAT64, changed, prefix)
        return found, count.operators

    monkeypatch.setattr(enclosing, "VOID", 0.0)
    prefix = enclosing.Prefix(activations=Activations(mlp.graph, {"x": wrong.inputs}))
    look_at(mlp, wrong, Level.FLOAT64, prefix=prefix, next_=("fc1.weight",))
    for by in (1.5, 0.5):
        (found, few), (plain, many) = count_of(prefix, by), count_of(None, by)
        assert np.allclose(found.slack, plain.slack, rtol=0, atol=1e-14) and found.unbounded == plain.unbounded
    # The first point is looked at with bounds, and then every point from the last layer on.
    assert many - few == 2 * len(wrong) + 2
