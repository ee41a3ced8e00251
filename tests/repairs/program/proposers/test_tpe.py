"""TPE gathers where scores are good."""

import math
import statistics

import pytest

from netmend.repairs.program.proposers.tpe import KIND

pytest.importorskip("optuna")


def test_rates_move_to_where_scores_are_good(start, trial, text):
    made, distances = KIND.start(start(text(optimizer="keras.optimizers.SGD(0.01)"))), []
    for _ in range(60):
        proposal = made.ask()
        rate = next((float(c.after) for c in proposal.patch.changes if c.kind == "learning-rate"), 0.01)
        distances.append(abs(math.log10(rate) + 4))
        made.tell(trial(proposal, 1 - distances[-1] / 5))
    assert statistics.mean(distances[40:]) < 0.7 * statistics.mean(distances[:20])
