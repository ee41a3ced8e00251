"""What is told, and that no failure of the probe's own work gets out."""

import types

import numpy as np

from netmend.training.probes.torch_probe.reporting import Report, own


class Worker:
    def __init__(self, report):
        self.report = report

    @own("dividing")
    def divide(self, a, b):
        """The quotient."""
        return a / b


def test_own_work_is_timed_and_its_failures_are_told():
    told = []
    report = Report(told.append, None)
    assert Worker(report).divide(4, 2) == 2 and not told
    spent = report.spent
    assert spent > 0
    assert Worker(report).divide(4, 0) is None and report.spent > spent
    assert told == [{"event": "probe-error", "where": "dividing", "error": "ZeroDivisionError: division by zero"}]


def test_arrays_of_other_shapes_are_not_described_as_one():
    told = []
    report, model = Report(told.append, None), types.SimpleNamespace(name="torch 1")
    report.tell_data(model, "inputs", [np.ones((2, 3)), np.zeros((1, 3))], 7)
    assert (told[0]["event"], told[0]["model"], told[0]["role"]) == ("data", "torch 1", "inputs")
    assert (told[0]["stats"]["rows"], told[0]["stats"]["mean"]) == (7, 2 / 3)
    report.tell_data(model, "inputs", [np.ones((2, 3)), np.ones((2, 4))], 7)
    assert len(told) == 1
