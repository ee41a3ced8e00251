"""Whole repairs by samplers, on played trainings: what they find, cost, say, and how they are continued."""

from dataclasses import replace
from functools import partial
from importlib.util import find_spec

import pytest

from netmend.core.budget import Budget, Meter
from netmend.core.discover import contributions
from netmend.core.errors import StudyChanged, UsageError
from netmend.core.exhibits import Facts
from netmend.core.records import Purpose
from netmend.repairs.program import study
from netmend.repairs.program.proposers._base import ProposerKind
from netmend.repairs.program.proposers._sampled import sampled
from netmend.repairs.program.study import Options, repair_program, report_facts
from netmend.search._base import SamplerKind
from netmend.search.random import KIND as RANDOM

SAMPLERS = sorted(contributions("netmend.search", SamplerKind))
PROPOSERS = contributions("netmend.repairs.program.proposers", ProposerKind)


@pytest.fixture(autouse=True)
def trainings_are_played(monkeypatch, played):
    monkeypatch.setattr(study, "executor_for", lambda kind, preload: played)


@pytest.fixture
def options(tmp_path):
    return Options(tmp_path / "study", Budget.parse("12runs"), runs=4, proposer="random")


@pytest.fixture(params=SAMPLERS)
def name(request):
    missing = [package for package in PROPOSERS[request.param].value.requires if find_spec(package) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    return request.param


def told(found):
    return [(trial.patch.id, trial.draw, trial.verdict, trial.proposed_by) for trial in found.repair.trials]


def points(found):
    return [trial.patch.id for trial in found.repair.trials if trial.proposed_by.startswith("point ")]


def searched(found):
    (facts,) = [shown for shown in found.exhibits if isinstance(shown, Facts)]
    return dict(facts.facts).get("search", "")


def test_every_sampler_is_a_proposer():
    assert set(SAMPLERS) <= set(PROPOSERS)


def test_the_faulty_element_is_among_what_is_changed_and_the_program_as_it_is_is_not_tried(make_subject, options):
    found = repair_program(make_subject(goal=0.8), replace(options, budget=Budget.parse("60runs")))
    assert "learning-rate" in [change.kind for change in found.patch.changes]
    assert all(trial.patch.size for trial in found.repair.trials)


@pytest.mark.parametrize("lanes", [1, 2])
def test_an_interrupted_study_asks_for_the_same_points_again(make_subject, options, played, tmp_path, name, lanes):
    played.right = lambda values: 0.3 + 0.1 * (values["learning-rate"] <= 0.2) + 0.02 * (values["epochs"] >= 12)
    options = replace(options, proposer=name, lanes=lanes)
    alone = repair_program(make_subject(), replace(options, folder=tmp_path / "alone"))
    needed = len(played.asked)
    played.asked.clear()
    played.interrupt_after = 13
    assert repair_program(make_subject(), options).repair.interrupted
    played.interrupt_after = None
    rest = repair_program(make_subject(), replace(options, resume=True))
    if lanes == 1:
        assert told(rest) == told(alone)
        assert needed == len(played.asked)
    else:  # which of two trials is the last that the budget pays for depends on how fast they are
        both = min(len(points(rest)), len(points(alone)))
        assert points(rest)[:both] == points(alone)[:both] and both >= 4


def test_a_longer_training_of_a_patch_goes_on_from_its_shorter_one(make_subject, options, played):
    """Of six epochs a third is two; a patch that changes the epochs has a third of its own."""
    subject = make_subject()
    repair_program(subject, replace(options, proposer="hyperband", budget=Budget.parse("30runs"), lanes=1))
    first_of = {asked.request.result: asked for asked in played.asked}
    continued = [asked for asked in played.asked if asked.request.initial_epoch]
    assert continued
    for asked in continued:
        shorter = first_of[asked.request.checkpoint_in.parent]
        if shorter.text == subject.program.main.text:
            continue  # it only trains longer than the program as it is, and goes on from there
        done = asked.request.initial_epoch
        assert f"epochs={done}," in shorter.text and f"epochs={done}," not in asked.text
        assert shorter.request.seed == asked.request.seed
        without = [line for line in asked.text.splitlines() if "epochs=" not in line]
        assert without == [line for line in shorter.text.splitlines() if "epochs=" not in line]


def test_the_report_names_the_implementation(make_subject, options, name):
    found = repair_program(make_subject(), replace(options, proposer=name))
    implementation = contributions("netmend.search", SamplerKind)[name].value.implementation
    assert searched(found).startswith(implementation)
    assert not searched(repair_program(make_subject(), replace(options, proposer="auto", folder=options.folder / "a")))


def test_as_published_every_trial_is_one_run_and_the_command_says_so(make_subject, options):
    options = replace(options, as_published=True)
    subject = make_subject()
    found = repair_program(subject, options)
    screened = [trial for trial in found.repair.trials if trial.draw.purpose is Purpose.SCREEN]
    assert len(screened) >= 12
    assert {len(trial.draw.seeds) for trial in screened} == {1}
    assert found.patch is None, "one run confirms nothing"
    assert found.repair.best.verdict.score == max(trial.verdict.score for trial in screened)
    assert "over the published space" in searched(found)
    assert "--as-published" in report_facts(subject, options, found)["reproduce"][0].split()


def test_only_what_has_a_published_protocol_can_follow_one(make_subject, options, played):
    for name, kind in PROPOSERS.items():
        if not kind.value.published:
            with pytest.raises(UsageError, match="no published protocol") as refused:
                repair_program(make_subject(), replace(options, proposer=name, as_published=True))
            assert "random" in refused.value.hint
    assert not played.asked
    assert {"random", "bohb"} <= {name for name, kind in PROPOSERS.items() if kind.value.published}


def test_a_study_is_not_continued_by_another_protocol(make_subject, options):
    repair_program(make_subject(), options)
    with pytest.raises(StudyChanged, match="proposer changed"):
        repair_program(make_subject(), replace(options, as_published=True, resume=True))


def test_a_package_that_is_missing_is_named_with_the_command_that_installs_it(
    make_subject, options, played, monkeypatch
):
    monkeypatch.setattr(study.importlib.util, "find_spec", lambda package: None)
    with pytest.raises(UsageError, match="the proposer tpe needs packages that are not installed: optuna") as refused:
        repair_program(make_subject(), replace(options, proposer="tpe"))
    assert "pip install 'netmend[search]'" in refused.value.hint
    repair_program(make_subject(), replace(options, proposer="random"))
    assert played.asked


@pytest.mark.parametrize(("budget", "most"), [("20x", 5), ("10m", 20), ("12runs", None)])
def test_time_to_suggest_counts_against_budgets_of_time(make_subject, options, monkeypatch, budget, most):
    """A played run says it took 7.25 s; each suggestion takes 30 s of a clock that nothing else moves."""
    clock = [0.0]

    class Slow:
        def __init__(self, problem):
            self._inner = RANDOM.make(problem)

        def ask(self):
            clock[0] += 30
            return self._inner.ask()

        def tell(self, ask, loss):
            self._inner.tell(ask, loss)

    now = partial(clock.__getitem__, 0)
    monkeypatch.setattr(study, "Meter", partial(Meter, clock=now, thinking_clock=now))
    monkeypatch.setattr(study, "_proposer", lambda name, as_published: sampled(SamplerKind(Slow, "slow")))
    found = repair_program(make_subject(goal=0.99), replace(options, budget=Budget.parse(budget), lanes=1))
    spent = found.repair.costs["search"]
    assert spent.propose_seconds == clock[0]
    assert found.repair.ended.startswith("the budget is spent")
    if most is None:
        assert spent.runs >= 12, "a budget of runs is for runs alone"
    else:
        assert most / 2 <= clock[0] / 30 <= most
