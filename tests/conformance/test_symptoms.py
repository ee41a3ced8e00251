"""Every symptom satisfies what symptoms must; and all of them together are run as one."""

from __future__ import annotations

import pytest

from netmend.core.discover import Contribution, contributions
from netmend.testing.conformance import check_symptom
from netmend.training.symptoms._base import Symptom
from netmend.training.symptoms._examples import HEALTHY, unlearned
from netmend.training.symptoms._run import run
from netmend.training.trace import Trace

SYMPTOMS = contributions("netmend.training.symptoms", Symptom)


@pytest.mark.parametrize("contribution", SYMPTOMS.values(), ids=list(SYMPTOMS))
def test_a_symptom_satisfies_what_symptoms_must(contribution: Contribution[Symptom]) -> None:
    check_symptom(contribution)


def test_run_gives_every_symptom_beyond_its_threshold_most_severe_first() -> None:
    trace = unlearned(learning_rate=5.0, updates=100)
    found = run(trace)
    slowly = {(name, reading) for name, item in SYMPTOMS.items() for reading in item.value.fires(trace)}
    assert set(found) == slowly
    severities = [reading.severity for _, reading in found]
    assert severities == sorted(severities, reverse=True)
    assert {"loss-not-decreasing", "weights-move-too-much", "too-few-updates"} <= {name for name, _ in found}


@pytest.mark.parametrize("trace", HEALTHY)
def test_run_finds_nothing_in_healthy_runs(trace: Trace) -> None:
    assert run(trace) == ()
