"""CMA-ES begins around the program's own numbers and moves to where scores are good."""

import math
import statistics

import pytest

from netmend.repairs.program.proposers.cma import KIND

pytest.importorskip("optuna")
pytest.importorskip("cmaes")
OWN, GOOD = -2.0, -4.0


def decades(given, trial, count):
    """The learning rates tried, as powers of ten; the nearer to GOOD, the better they score."""
    made, found = KIND.start(given), []
    for _ in range(count):
        proposal = made.ask()
        rates = [float(change.after) for change in proposal.patch.changes if change.kind == "learning-rate"]
        found.append(math.log10(rates[0]) if rates else OWN)
        made.tell(trial(proposal, 0.9 - abs(found[-1] - GOOD) / 5))
    return found


def test_it_begins_around_the_programs_own_numbers_and_moves_to_better_ones(start, trial, text):
    found = decades(start(text(optimizer="keras.optimizers.SGD(0.01)")), trial, 100)
    spread = statistics.mean(abs(each - OWN) for each in found[:9])
    assert spread < 1.2, "even draws from 1e-6 to 1 lie 1.67 decades from 0.01 on average"
    near = [abs(each - GOOD) for each in found]
    assert statistics.mean(near[-30:]) < 0.7 * statistics.mean(near[:20])
