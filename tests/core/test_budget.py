import pytest

from netmend.core.budget import Budget, Meter
from netmend.core.errors import UsageError


@pytest.mark.parametrize(
    ("text", "kind", "amount"),
    [("20x", "x", 20), ("2.5x", "x", 2.5), ("50runs", "runs", 50), ("1 run", "runs", 1), ("10m", "seconds", 600),
     ("90s", "seconds", 90), ("1h", "seconds", 3600)],
)  # fmt: skip
def test_every_unit_is_read(text, kind, amount):
    assert Budget.parse(text) == Budget(kind, amount)


@pytest.mark.parametrize("text", ["", "20", "0x", "-3x", "20 y", "x20", "1e3x", "0.0m"])
def test_what_is_no_budget_is_refused_with_an_example(text):
    with pytest.raises(UsageError, match="20x"):
        Budget.parse(text)


@pytest.mark.parametrize("text", ["20x", "2.5x", "50runs", "10m", "90s"])
def test_a_budget_prints_as_it_was_written(text):
    assert Budget.parse(str(Budget.parse(text))) == Budget.parse(text)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_times_of_the_faulty_run_count_only_the_search():
    clock = Clock()
    meter = Meter(Budget("x", 4), clock=clock)
    meter.ran(10)  # observing comes on top
    meter.unit_seconds = 2.0
    meter.enter("search")
    meter.ran(3)
    meter.proposed(1)
    assert meter.share_spent == pytest.approx(4 / 2 / 4)
    assert meter.left() == "2.0x" and meter.runs_left == pytest.approx(2)
    meter.enter("minimise")
    meter.ran(100)  # so do minimising and confirming
    assert not meter.exhausted
    meter.enter("search")
    meter.ran(4)
    assert meter.exhausted and not meter.out_of_time


def test_runs_are_counted():
    meter = Meter(Budget("runs", 2), clock=Clock())
    meter.enter("search")
    meter.ran(1)
    assert not meter.exhausted
    meter.ran(1)
    assert meter.exhausted and meter.left() == "0 runs"


def test_wall_clock_counts_everything_the_reserve_and_earlier_sessions():
    clock = Clock()
    meter = Meter(Budget("seconds", 100), clock=clock, earlier_seconds=20, reserve_seconds=30)
    clock.now = 40
    assert meter.share_spent == pytest.approx(0.9)
    clock.now = 50
    assert meter.exhausted and meter.out_of_time


def test_costs_are_kept_by_phase():
    clock = Clock()
    meter = Meter(Budget("x", 1), clock=clock)
    clock.now = 5
    meter.enter("search")
    meter.ran(2)
    clock.now = 9
    costs = meter.costs
    assert costs["observe"].wall_seconds == 5
    assert (costs["search"].runs, costs["search"].run_seconds, costs["search"].wall_seconds) == (1, 2, 4)


def test_wall_clock_pays_for_as_many_runs_as_fit_into_it():
    clock = Clock()
    meter = Meter(Budget("seconds", 100), clock=clock, unit_seconds=4.0)
    clock.now = 60
    assert meter.runs_left == pytest.approx(10)
