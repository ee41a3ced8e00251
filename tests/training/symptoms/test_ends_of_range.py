"""What symptoms say is true and readable at the ends of their range too."""

from dataclasses import replace

from netmend.training.symptoms import (
    constant_output,
    slow_convergence,
    too_few_updates,
    unchanged_weights,
    weights_barely_move,
)
from netmend.training.symptoms._examples import array, curves, healthy_regression, healthy_torch, sick, unlearned
from netmend.training.trace import Trace


def said(module: object, trace: Trace) -> str:
    (reading, *_) = module.symptom.measure(trace)  # type: ignore[attr-defined]
    return str(reading.message)


def test_a_loss_that_only_rose_is_not_said_to_have_improved_by_less_than_nothing() -> None:
    rising = healthy_torch(epochs=curves(loss=(1.0, 1.5, 2.0, 3.0, 4.0)))
    assert said(slow_convergence, rising) == "No epoch improved the loss, and it is still far from good."


def test_weights_that_did_not_move_at_all_are_said_to_be_as_they_were() -> None:
    still = next(trace for trace in unchanged_weights.symptom.fires_on)
    assert "exactly as it was" in said(unchanged_weights, still)


def test_one_update_is_in_the_singular() -> None:
    assert "only 1 update of" in said(too_few_updates, replace(unlearned(), updates=1))


def test_a_spread_measured_in_that_of_the_labels_says_so() -> None:
    trace = healthy_regression(labels=array(0, 300), outputs=array(149, 150, shape=(1,)))
    reading = constant_output.symptom.measure(trace)[0]
    assert f"{reading.value:.2g} of that of the labels" in reading.message


def test_a_training_that_came_to_a_standstill_is_not_blamed_on_a_low_rate() -> None:
    small = {"update_ratio": 1e-9}
    trace = sick(sick(unlearned(optimiser="sgd"), "dense", **small), "dense_1", **small)
    assert weights_barely_move.symptom.fires(trace)
    stopped = replace(trace, stats=tuple(replace(s, update_ratio=0.01) if s.epoch == 0 else s for s in trace.stats))
    assert min(stats.epoch for stats in trace.stats) == 0
    assert not weights_barely_move.symptom.fires(stopped)
