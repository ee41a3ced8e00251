"""The screen: asked where that pays, ranks rates by what lanes scored, remembers, and decides nothing."""

import math
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from netmend.core.budget import Budget, Meter
from netmend.core.errors import UsageError
from netmend.core.exhibits import Facts
from netmend.core.ledger import Ledger
from netmend.core.records import Purpose
from netmend.repairs.program import measure, study
from netmend.repairs.program.screens import FEWEST, MOST_LANES, SEEDS, START, LaneScreen
from netmend.repairs.program.study import Options, repair_program
from netmend.training.lanes import LaneAnswer, Trained, Unsuitable
from netmend.training.trace import LayerInfo, Trace

TRACE = Trace("keras", "torch", 0, parameters=1000, layers=(LayerInfo("a", "Dense"),))
PATCH = SimpleNamespace(id="a patch")
RATES = [0.1, 0.2, 0.3, 0.4]


class Lanes:
    """Stands in for the measurer: a lane scores what a function of its rate and seed says, greater is better."""

    def __init__(self, folder, scores=lambda rate, seed: rate, unit=100.0, reason=""):
        self.ledger = Ledger(folder)
        self.meter = Meter(Budget.parse("20x"), unit_seconds=unit)
        self.meter.enter("search")
        self.scores, self.reason, self.asked = scores, reason, []

    def lanes_of(self, patch, lanes, *, hold_out, seconds):
        self.asked.append((patch.id, lanes, hold_out, seconds))
        if self.reason:
            return Unsuitable(self.reason, 3.0)
        return Trained(tuple(LaneAnswer(lane, replace(TRACE, seed=self.score(lane))) for lane in lanes), 8.0, {})

    def score(self, lane):
        return self.scores(lane.numbers.get("learning_rate", 0.0), lane.seed)


@pytest.fixture
def make(tmp_path):
    opened = []

    def make(*given, trace=TRACE, **options):
        measurer = Lanes(tmp_path / "study", *given, **options)
        opened.append(measurer)
        return LaneScreen(measurer, lambda lane: lane.seed, trace, 0.2, 7, lambda sentence: None)

    yield make
    for measurer in opened:
        measurer.ledger.close()


def test_each_rate_is_scored_by_the_mean_of_its_lanes_under_the_same_seeds(make):
    screen = make(lambda rate, seed: rate + seed % 2)
    found = screen.rank(PATCH, RATES)
    assert [ranked.score for ranked in found] == pytest.approx([rate + 0.5 for rate in RATES])
    ((patch, lanes, hold_out, _),) = screen.measurer.asked
    assert (patch, hold_out) == ("a patch", 0.2)
    seeds = [{lane.seed for lane in lanes if lane.numbers.get("learning_rate") == rate} for rate in [None, *RATES]]
    assert all(len(each) == SEEDS and each == seeds[0] for each in seeds), "the program's own rate is among them"


def test_a_rate_of_which_no_lane_beats_the_median_of_the_programs_own_is_hopeless(make):
    scores = {0.0: [1, 2, 4, 5], 0.1: [0, 0, 0, 3], 0.2: [0, 0, 0, 3.5], 0.3: [3, 3, 3, 3], 0.4: [9, 9, 9, None]}
    found = make(lambda rate, seed: scores[rate][seed % 4]).rank(PATCH, RATES)
    assert [ranked.hopeless for ranked in found] == [True, False, True, False]
    assert found[3].score == -math.inf, "a lane without a score counts as the worst"


@pytest.mark.parametrize(
    ("rates", "options"),
    [
        (RATES[: FEWEST - 1], {}),
        (RATES, {"unit": START / 1.5}),
        (RATES, {"trace": replace(TRACE, parameters=50_001)}),
        (RATES, {"trace": replace(TRACE, framework="torch")}),
        (RATES, {"trace": replace(TRACE, layers=(LayerInfo("a", "Conv2D"), LayerInfo("b", "Dense")))}),
        (RATES, {"trace": replace(TRACE, layers=(LayerInfo("a", "LSTM"),))}),
    ],
)
def test_lanes_are_not_asked_where_they_do_not_pay(make, rates, options):
    screen = make(**options)
    assert screen.rank(PATCH, rates) is None
    assert (screen.measurer.asked, screen.told) == ([], [])


def test_lanes_take_no_longer_than_trying_all_rates_once(make):
    screen = make(unit=START)
    screen.rank(PATCH, RATES)
    assert screen.measurer.asked[0][3] == len(RATES) * START


def test_of_more_rates_than_there_are_lanes_for_the_first_are_ranked(make):
    screen = make()
    assert len(screen.rank(PATCH, [n / 100 for n in range(1, 20)])) == MOST_LANES / SEEDS - 1
    assert len(screen.measurer.asked[0][1]) == MOST_LANES


def test_a_program_that_is_unsuitable_is_asked_about_once(make):
    screen = make(reason="its net has a Conv2D layer")
    assert screen.rank(PATCH, RATES) is None and screen.rank(SimpleNamespace(id="another"), RATES) is None
    assert len(screen.measurer.asked) == 1
    assert screen.told == ["no rate was screened: its net has a Conv2D layer (asking took 3.0 s)"]


def test_a_resumed_study_is_not_asked_again_and_its_time_counts_as_before(make):
    first = make(lambda rate, seed: None if seed % 4 == 3 else rate)
    found = first.rank(PATCH, RATES)
    first.measurer.ledger.close()
    again = make()
    assert again.rank(PATCH, RATES) == found
    assert again.measurer.asked == []
    assert again.measurer.meter.costs["search"].propose_seconds == 8.0
    assert again.told == first.told


# --- in a repair ------------------------------------------------------------------------------------------------------


@pytest.fixture
def trained(monkeypatch, played):
    """Lanes that are played by the rule that plays trainings, on a program that takes long enough for them to pay."""
    monkeypatch.setattr(study, "executor_for", lambda kind, preload: played)
    asked = []

    def train_lanes(request, program, lanes):
        asked.append((request, program, lanes))
        own = request.folder.name
        answers = []
        for number, lane in enumerate(lanes):
            text = (request.folder / request.script).read_text()
            rate = lane.numbers.get("learning_rate")
            changed = text if rate is None else re.sub(r"learning_rate=[^)]+", f"learning_rate={rate}", text)
            assert rate is None or f"learning_rate={rate})" in changed
            copy = request.folder.with_name(f"{own}-{number}")
            copy.mkdir()
            (copy / request.script).write_text(changed)
            one = {"folder": copy, "result": request.result / str(number), "seed": lane.seed, "lanes": (lane,)}
            run = played.run(replace(request, **one))
            answers.append(LaneAnswer(lane, run.trace))
        return Trained(tuple(answers), 9.0, {})

    monkeypatch.setattr(measure, "train_lanes", train_lanes)
    return asked


@pytest.fixture
def options(tmp_path):
    return Options(tmp_path / "study", Budget.parse("60runs"), runs=4, screen="lanes")


def good_only_at(rate):
    """Not the rate that rules and operators think likeliest."""
    return lambda values: 0.9 if math.isclose(values["learning-rate"], rate) else 0.3


def test_the_rate_that_lanes_favour_is_tried_before_those_that_were_likelier(make_subject, options, played, trained):
    played.right = good_only_at(0.03)
    found = repair_program(make_subject(goal=0.8), options)
    plain = repair_program(
        make_subject(goal=0.8), replace(options, screen="none", folder=options.folder.with_name("plain"))
    )
    first, otherwise = found.repair.trials[0], plain.repair.trials[0]
    assert first.patch.id == found.repair.confirmed.patch.id
    assert first.patch.describe().endswith("3.0 -> 0.03") and otherwise.patch.describe().endswith("3.0 -> 0.01")
    assert first.proposed_by.endswith("1 of 5 rates screened on JAX")
    assert len(found.repair.trials) < len(plain.repair.trials)


def test_lanes_decide_nothing(make_subject, options, played, trained, monkeypatch):
    """Lanes that mislead cost trials; what is accepted is what runs of the program accept."""
    honest, train = good_only_at(0.03), measure.train_lanes
    played.right = honest

    def mislead(*given):
        with monkeypatch.context() as patched:
            patched.setattr(played, "right", lambda values: 1.2 - honest(values))
            return train(*given)

    monkeypatch.setattr(measure, "train_lanes", mislead)
    found = repair_program(make_subject(goal=0.8), options)
    assert any(change.after == "0.03" for change in found.repair.confirmed.patch.changes), "tried all the same"
    assert found.repair.confirmed.draw.purpose is Purpose.CONFIRM
    (_, _, lanes), *_ = trained
    made = {asked.request.seed for asked in played.asked if not asked.request.lanes}
    assert not {lane.seed for lane in lanes} & made, "no run that was judged shares a seed with a lane"
    assert not found.repair.trials[0].patch.describe().endswith("3.0 -> 0.03")


def test_the_report_and_the_progress_tell_what_was_screened_and_that_it_decided_nothing(
    make_subject, options, played, trained
):
    heard = []
    watch = study.Watch(phase=heard.append)
    found = repair_program(make_subject(goal=0.8), options, watch)
    (facts,) = [shown for shown in found.exhibits if isinstance(shown, Facts)]
    (told,) = [text for name, text in facts.facts if name == "search"]
    assert told == "screened 5 learning rates, 4 lanes each, in one run on JAX in 9.0 s; it decides none of them"
    assert told in heard
    assert "--screen lanes" in study.reproduce(make_subject(goal=0.8), options, "repair")[0]


def test_without_the_option_nothing_is_screened(make_subject, options, played, trained):
    repair_program(make_subject(goal=0.8), replace(options, screen="none"))
    assert trained == []


def test_a_screen_that_there_is_not_or_a_proposer_without_a_queue_is_refused(make_subject, options):
    with pytest.raises(UsageError, match="no screen called 'sieve'"):
        repair_program(make_subject(), replace(options, screen="sieve"))
    with pytest.raises(UsageError, match="nothing waits"):
        repair_program(make_subject(), replace(options, proposer="random"))
