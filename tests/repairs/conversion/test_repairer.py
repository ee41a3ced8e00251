import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.core.records import Draw, Outcome, Purpose
from netmend.repairs.conversion import recording
from netmend.repairs.conversion.distance import Distance
from netmend.repairs.conversion.given import Options, read_pair
from netmend.repairs.conversion.patches import ConversionPatch
from netmend.repairs.conversion.repairer import ConversionRepairer
from tests.repairs.conversion.networks import NODES, changed, constants, graph_of

BASELINE, CONFIRM = Draw(Purpose.BASELINE, (0,)), Draw(Purpose.CONFIRM, (0,))
TWO = changed(changed(NODES, 0, pads=[0, 0, 2, 2]), 4, epsilon=1e-3)


@pytest.fixture
def repairer(pair_of):
    def make(target=None, source=None, **options):
        return ConversionRepairer(read_pair(pair_of(target, source), Options(**options))[0])

    return make


def observed(repairer):
    observation = repairer.observe(BASELINE)
    return observation, repairer.diagnose(observation)


def test_a_right_target_satisfies_the_requirement(repairer):
    made = repairer()
    observation, diagnosis = observed(made)
    assert made.satisfied(observation.evidence) and diagnosis.findings == ()
    assert made.propose(observation, diagnosis).ask() is None


def test_all_explanations_are_proposed_at_once_and_mend_the_target(repairer):
    made = repairer(graph_of(TWO, prefix="t_"))
    observation, diagnosis = observed(made)
    assert [finding.name for finding in diagnosis.findings] == ["padding", "epsilon"]
    patch = made.propose(observation, diagnosis).ask().patch
    assert patch.size == 2
    verdict = made.judge(observation.evidence, made.try_out(patch, CONFIRM))
    assert verdict.outcome is Outcome.PLAUSIBLE and verdict.accepted


def test_a_smaller_patch_that_leaves_a_fault_does_not_keep_what_the_larger_does(repairer):
    made = repairer(graph_of(TWO, prefix="t_"), labels=1)
    observation, diagnosis = observed(made)
    patch = made.propose(observation, diagnosis).ask().patch
    full = made.try_out(patch, BASELINE)
    assert made.keeps(full, full)
    assert not any(made.keeps(full, made.try_out(smaller, BASELINE)) for smaller in patch.smaller())


def test_part_of_a_patch_is_measured_as_the_whole_is(repairer, monkeypatch):
    measured = []

    def coarse(graph, feeds, replay, source):
        if graph is not made.pair.source.graph:
            measured.append(graph)
        return dict.fromkeys(replay, Distance(0.1, 0.1))

    made = repairer(graph_of(TWO, prefix="t_"))
    observation, diagnosis = observed(made)
    patch = made.propose(observation, diagnosis).ask().patch
    monkeypatch.setattr(recording, "_coarse", coarse)
    full = made.try_out(patch, BASELINE)
    parts = [made.try_out(smaller, BASELINE) for smaller in patch.smaller()]
    assert full.numbers.holds and len(parts) == 2 and len(measured) == 1
    made.try_out(patch, CONFIRM)
    assert len(measured) == 2


def test_nothing_changed_is_no_repair(repairer):
    made = repairer(graph_of(TWO, prefix="t_"))
    observation, _ = observed(made)
    again = made.try_out(made.nothing(), Draw(Purpose.CONTROL, (0,)))
    assert made.judge(observation.evidence, again).outcome is Outcome.NO_EFFECT


def test_confirming_looks_at_rows_that_nothing_else_looks_at(repairer):
    made = repairer(graph_of(TWO, prefix="t_"))
    observed(made)
    one, other = (made.try_out(made.nothing(), draw) for draw in (BASELINE, CONFIRM))
    assert not np.array_equal(one.agreement.errors, other.agreement.errors)


def test_what_remains_is_found_again(repairer):
    made = repairer(graph_of(TWO, prefix="t_"))
    observation, diagnosis = observed(made)
    patch = made.propose(observation, diagnosis).ask().patch
    whole = made.rediagnose(observation, patch, made.try_out(patch, CONFIRM))
    assert whole.findings == ()
    part = ConversionPatch(patch.network, patch.mends[:1])
    left = made.rediagnose(observation, part, made.try_out(part, CONFIRM))
    assert [finding.name for finding in left.findings] == ["epsilon", "disagreement"]


def test_an_edit_that_cannot_be_run_is_invalid(repairer):
    made = repairer(graph_of(TWO, prefix="t_"))
    observation, diagnosis = observed(made)
    patch = made.propose(observation, diagnosis).ask().patch
    from dataclasses import replace

    from netmend.network.edits import SetConstant

    bad = replace(patch.mends[0], edits=(SetConstant("w0", np.zeros((4, 7, 3, 3), np.float32)),))
    evidence = made.try_out(ConversionPatch(patch.network, (bad,)), BASELINE)
    assert evidence.agreement is None and evidence.failure
    assert made.judge(observation.evidence, evidence).outcome is Outcome.INVALID


def test_a_target_that_does_not_run_is_diagnosed_all_the_same(repairer):
    made = repairer(graph_of(changed(NODES, 9, transB=0), prefix="t_"))
    observation, diagnosis = observed(made)
    assert not made.satisfied(observation.evidence) and observation.evidence.failure
    assert diagnosis.findings and diagnosis.suspects[0].place.startswith("t_Gemm")


def test_a_source_that_answers_nan_is_refused_with_the_input(repairer):
    held = {"zero": np.zeros(1, np.float32)}
    nodes = [("Mul", ["x", "zero"], ["m"], {}), ("Div", ["m", "zero"], ["y"], {})]
    graph = graph_of(nodes, held, output=("y", (None, 3, 9, 11)))
    with pytest.raises(UsageError, match="NaN or infinity"):
        observed(repairer(graph, graph))


def test_a_target_that_answers_nan_is_faulty(repairer):
    nodes = [*NODES[:9], ("Log", ["f"], ["l"], {}), ("Gemm", ["l", "w2", "b2"], ["z"], {"transB": 1}), NODES[10]]
    made = repairer(graph_of(nodes, held=constants() | {"shift": constants()["shift"] - 9}, prefix="t_"))
    observation, diagnosis = observed(made)
    assert not made.satisfied(observation.evidence) and diagnosis.findings


def test_wrong_preprocessing_is_told_from_a_wrong_model_and_mended_where_asked(repairer, tmp_path):
    from tests.repairs.conversion.networks import rows

    made = repairer()
    folder = made.pair.paths[0].parent
    np.savez(folder / "p.npz", x=rows(12), **{"target.x": rows(12)[:, ::-1] * 2 + 1})
    for wrap in (True, False):
        made = ConversionRepairer(read_pair(made.pair.paths, Options(inputs=folder / "p.npz", wrap=wrap))[0])
        observation, diagnosis = observed(made)
        assert [finding.name for finding in diagnosis.findings] == ["preprocessing"]
        assert str(made.judgement.kind) == "wrong preprocessing around a right model"
        proposal = made.propose(observation, diagnosis).ask()
        if not wrap:
            assert proposal is None
            continue
        evidence = made.try_out(proposal.patch, CONFIRM)
        assert made.judge(observation.evidence, evidence).accepted
        assert made.rediagnose(observation, proposal.patch, evidence).findings == ()
