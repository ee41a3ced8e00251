"""The five steps: what is observed, ranked, tried and judged."""

import numpy as np
import pytest

from netmend.core.records import Draw, Outcome, Purpose
from netmend.repairs.weights.harm import LabelledInputs, halves
from netmend.repairs.weights.repairer import WeightRepairer, describe
from netmend.repairs.weights.subject import NetworkUnderRepair

pytest.importorskip("torch")
pytestmark = pytest.mark.torch

BASELINE, CONTROL, SCREEN, CONFIRM = (Draw(purpose, (0,)) for purpose in Purpose)


@pytest.fixture
def held_out(mlp):
    inputs = np.random.default_rng(9).normal(size=(40, 4)).astype(np.float32)
    return LabelledInputs(inputs, mlp.run(inputs).argmax(axis=1))


def repairer(mlp, wrong, **options):
    return WeightRepairer(NetworkUnderRepair(mlp.path, mlp, wrong, **options))


def test_violated_points_are_found_and_named_and_layers_are_suspects(mlp, wrong):
    makes = repairer(mlp, wrong)
    diagnosis = makes.diagnose(makes.observe(BASELINE))
    assert diagnosis.findings[0].measured == 2 and set(diagnosis.findings[0].places) == {"point 0", "point 1"}
    assert {suspect.place for suspect in diagnosis.suspects} == {"fc0", "fc1"} and diagnosis.suspects[0].named


def test_nothing_changed_is_no_repair_and_a_repair_is_proved(mlp, wrong, held_out):
    makes = repairer(mlp, wrong, held_out=held_out)
    seen = makes.observe(BASELINE)
    diagnosis = makes.diagnose(seen)
    assert not makes.satisfied(seen.evidence)
    assert makes.judge(seen.evidence, makes.try_out(makes.nothing(), CONTROL)).outcome is Outcome.NO_EFFECT
    proposal = makes.propose(seen, diagnosis).ask()
    verdict = makes.judge(seen.evidence, makes.try_out(proposal.patch, CONFIRM))
    assert verdict.outcome is Outcome.PROVED and verdict.accepted and "newly wrong" in verdict.sentence
    assert makes.rediagnose(seen, proposal.patch, makes.try_out(proposal.patch, CONFIRM)).findings == ()


def test_choices_and_the_report_look_at_different_halves(mlp, wrong, held_out):
    makes = repairer(mlp, wrong, held_out=held_out)
    seen = makes.observe(BASELINE)
    patch = makes.propose(seen, makes.diagnose(seen)).ask().patch
    choosing, reporting = halves(held_out, 0)
    for draw, half in ((SCREEN, choosing), (CONFIRM, reporting)):
        now = mlp.run(half.inputs, patch.changed).argmax(axis=1)
        assert makes.try_out(patch, draw).harm.accuracy[1] == np.mean(now == half.labels)


def test_a_repair_over_the_harm_budget_is_harmful_and_not_accepted(mlp, wrong, held_out):
    makes = repairer(mlp, wrong, held_out=held_out, harm=0.0)
    seen = makes.observe(BASELINE)
    proposer = makes.propose(seen, makes.diagnose(seen))
    verdicts = []
    while (proposal := proposer.ask()) is not None:
        evidence = makes.try_out(proposal.patch, CONFIRM)
        verdicts.append((evidence.harm.lost, makes.judge(seen.evidence, evidence)))
    assert len(verdicts) == len(makes.attempts) == 2
    for lost, verdict in verdicts:
        assert (verdict.outcome is Outcome.HARMFUL) == (lost > 0) and verdict.accepted == (lost <= 0)
    assert any(lost > 0 for lost, _ in verdicts)


def test_points_that_are_right_already_are_nothing_to_repair(mlp, wrong):
    makes = repairer(mlp, wrong.select(np.arange(2, 8)))
    seen = makes.observe(BASELINE)
    assert makes.satisfied(seen.evidence) and makes.diagnose(seen).suspects == ()


def test_a_layer_is_described_by_what_it_is(mlp, wrong):
    makes = repairer(mlp, wrong)
    assert describe(makes.workshop.layers[0]) == "layer 0, linear, 4 to 6, 30 numbers"
