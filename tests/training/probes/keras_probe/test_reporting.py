"""What is told, and that no failure of the probe's own work gets out."""

import random
import types

import numpy as np

from netmend.training.probes.keras_probe.reporting import Report


def test_own_work_is_timed_its_failures_told_and_its_random_numbers_put_back():
    told, watched = [], types.SimpleNamespace(probe_seconds=0.0)
    report, state = Report(told.append, None), random.getstate()
    with report.working("drawing", watched):
        random.random()
        raise ValueError("no")
    assert told == [{"event": "probe-error", "where": "drawing", "error": "ValueError: no"}]
    assert watched.probe_seconds > 0 and random.getstate() == state


def test_of_several_arrays_the_first_is_described(small_keras):
    told = []
    report, watched = Report(told.append, None), types.SimpleNamespace(name="keras 1")
    report.tell_data(watched, "labels", [np.array([0, 1, 1]), np.ones(3)], 30)
    report.tell_data(watched, "labels", None, 30)
    assert len(told) == 1 and (told[0]["model"], told[0]["role"]) == ("keras 1", "labels")
    assert (told[0]["stats"]["rows"], told[0]["stats"]["classes"]) == (30, [0, 1])
