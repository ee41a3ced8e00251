"""The gate: asked where that costs less than crashing, once for all that were announced, and believed."""

import math
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from netmend.core.records import Draw, Outcome, Purpose
from netmend.repairs.program.gates import EACH, SHARE, BuildGate
from netmend.repairs.program.proposers._base import ProposerKind
from netmend.repairs.program.repairer import ProgramRepairer
from netmend.training.build import BuildAnswer, Builds
from netmend.training.runs import RunResult
from netmend.training.trace import RunEnd


@dataclass(frozen=True)
class Named:
    """All that the gate needs to know of a patch."""

    id: str


@dataclass
class Asked:
    """Stands in for the measurer: answers from a table, and remembers what it was asked."""

    answers: dict[str, Builds] = field(default_factory=dict)
    calls: list[tuple[list[str], float, bool]] = field(default_factory=list)

    def builds(self, patches, *, seconds, charge):
        names = [patch.id for patch in patches]
        self.calls.append((names, seconds, charge))
        return {name: BuildAnswer(self.answers.get(name, Builds.YES), "why", 0.3, 0.2, Path("log")) for name in names}


def run(setup=5.0, start_up=0.1, end=RunEnd.FINISHED):
    return RunResult(end, "", setup + 1, 0.0, start_up, 0, Path("log"), setup_seconds=setup)


def gate(asked, setup=5.0):
    made = BuildGate(asked)
    made.watched([run(setup), run(setup), run(math.nan, 99.0)])
    return made


PATCHES = [Named(f"patch {number}") for number in range(12)]


@pytest.mark.parametrize("setup", [0.05, 1.0, 5.0])
@pytest.mark.parametrize("count", [1, 2, 12, 100])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 1.0])
def test_asking_pays_where_it_costs_less_than_the_crashes_it_saves(setup, count, share):
    """Both courses added up run by run: what is spent on patches that build is the same either way."""
    crash = 0.1 + setup
    asking, not_asking = 0.1 + setup + sum(EACH for _ in range(count)), sum(share * crash for _ in range(count))
    assert gate(Asked(), setup).pays([share] * count) == (asking < not_asking)


def test_one_patch_by_itself_is_never_worth_asking_about():
    assert not any(gate(Asked(), setup).pays([1.0]) for setup in (0.01, 1.0, 1000.0))


def test_nothing_is_worth_asking_about_while_no_run_was_watched():
    assert not BuildGate(Asked()).pays([1.0] * 100)


def test_what_was_announced_is_asked_about_together_and_once():
    asked = Asked({"patch 3": Builds.NO, "patch 4": Builds.UNKNOWN})
    made = gate(asked)
    made.expect(PATCHES, 0.5)
    crash = made.crash(PATCHES[3])
    assert (crash.end, crash.detail, crash.ok, crash.trace) == (RunEnd.CRASHED, "why", False, None)
    assert crash.seconds + crash.overhead_seconds == pytest.approx(0.3)
    assert made.crash(PATCHES[3]) == crash
    assert made.crash(PATCHES[4]) is None, "unknown is not a no"
    assert made.crash(PATCHES[5]) is None
    assert asked.calls == [([patch.id for patch in PATCHES], 50.0, True)]


def test_what_was_not_announced_is_run():
    asked = Asked({"patch 0": Builds.NO})
    made = gate(asked)
    made.expect(PATCHES[1:], 0.5)
    assert made.crash(PATCHES[0]) is None
    assert asked.calls == []


def test_what_is_run_because_asking_does_not_pay_is_no_longer_expected():
    asked = Asked()
    made = gate(asked)
    made.expect(PATCHES, 0.0)
    assert made.crash(PATCHES[0]) is None
    made.expect(PATCHES[1:], 1.0)
    made.crash(PATCHES[1])
    assert PATCHES[0].id not in asked.calls[0][0]


def test_what_a_proposer_asked_itself_is_not_asked_again_and_its_time_not_counted_twice():
    asked = Asked({"patch 2": Builds.NO})
    made = gate(asked, setup=0.01)
    assert made.builds(PATCHES[:3])["patch 2"].builds is Builds.NO
    made.expect(PATCHES[:3], 1.0)
    assert made.crash(PATCHES[2]).end is RunEnd.CRASHED
    assert asked.calls == [(["patch 0", "patch 1", "patch 2"], 20.0, False)]


def test_a_study_whose_patches_fail_often_comes_to_ask_and_one_whose_patches_build_stops():
    often, never = gate(Asked(), 20.0), gate(Asked(), 20.0)
    few = math.ceil(1 / SHARE)
    assert not often.pays([None] * few)
    for _ in range(10):
        often.tried(run(math.nan, end=RunEnd.CRASHED))
        never.tried(run())
    more = few * 3 // 2
    assert often.pays([None] * few) and not never.pays([None] * more)
    assert gate(Asked(), 20.0).pays([None] * more)


def test_a_training_that_crashes_later_is_not_one_that_does_not_build():
    made = gate(Asked())
    before = made._failed
    made.tried(run(1.0, end=RunEnd.CRASHED))
    assert made._failed == before


# --- in a repair ----------------------------------------------------------------------------------------------------


@pytest.fixture
def repairer(make_measurer, make_subject, played):
    """A repairer whose program takes minutes before it trains; 77 units do not build."""

    def make(study=None):
        measurer = make_measurer(make_subject(goal=0.8), study)
        original, asked = measurer.run, []

        def slow(patch, seed, settings):
            result = original(patch, seed, settings)
            return replace(result, setup_seconds=500.0 if result.ok else math.nan)

        def builds(patches, *, seconds, charge=False):
            asked.append([patch.id for patch in patches])
            no = {patch.id: any("77" in change.after for change in patch.changes) for patch in patches}
            kinds = {name: Builds.NO if fails else Builds.YES for name, fails in no.items()}
            return {name: BuildAnswer(kind, "shapes do not fit", 0.3, 0.2, Path("log")) for name, kind in kinds.items()}

        measurer.run, measurer.builds = slow, builds
        return ProgramRepairer(measurer, ProposerKind(lambda start: start)), asked

    return make


def test_a_patch_known_not_to_build_is_judged_by_its_crash_without_a_run(repairer, played, patch_of):
    made, asked = repairer()
    observation = made.observe(Draw(Purpose.BASELINE, (0, 1, 2)))
    start = made.propose(observation, made.diagnose(observation))
    program = observation.evidence and made.nothing().program
    bad, good = patch_of(program, units=77), patch_of(program, units=32)
    start.expect([bad, good], 1.0)
    runs = len(played.asked)
    evidence = made.try_out(bad, Draw(Purpose.SCREEN, (10, 11)))
    assert len(played.asked) == runs, "nothing was run"
    verdict = made.judge(observation.evidence, evidence)
    assert (verdict.outcome, verdict.sentence) == (Outcome.INVALID, "shapes do not fit")
    assert (len(evidence.runs), evidence.stopped) == (1, "it does not build")
    made.try_out(good, Draw(Purpose.SCREEN, (10,)))
    assert len(played.asked) == runs + 1
    assert [name for call in asked for name in call].count(bad.id) == 1


def test_confirming_and_the_control_never_ask(repairer, patch_of):
    made, asked = repairer()
    observation = made.observe(Draw(Purpose.BASELINE, (0, 1, 2)))
    start = made.propose(observation, made.diagnose(observation))
    bad = patch_of(made.nothing().program, units=77)
    start.expect([bad, patch_of(made.nothing().program, units=32)], 1.0)
    made.try_out(bad, Draw(Purpose.CONFIRM, (20,)))
    assert asked == []


def test_the_changes_that_will_probably_be_tried_are_announced(repairer):
    made, asked = repairer()
    observation = made.observe(Draw(Purpose.BASELINE, (0, 1, 2)))
    start = made.propose(observation, made.diagnose(observation))
    moves = start.moves({}, start.traces)
    first = start.space.patch({moves[0].element.id: moves[0].value})
    made.try_out(first, Draw(Purpose.SCREEN, (10,)))
    assert len(asked) == 1 and first.id in asked[0]
    assert len(asked[0]) == len(set(asked[0])) > 10
