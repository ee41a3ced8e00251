"""HEBO learns from few trials where scores are good."""

import math
import statistics

from netmend.repairs.program.proposers.hebo import KIND


def test_rates_move_to_where_scores_are_good_within_a_small_budget(start, trial, text):
    made, distances = KIND.start(start(text("Dense(10)", optimizer="keras.optimizers.SGD(0.01)"))), []
    for _ in range(18):
        proposal = made.ask()
        rate = next((float(c.after) for c in proposal.patch.changes if c.kind == "learning-rate"), 0.01)
        distances.append(abs(math.log10(rate) + 4))
        made.tell(trial(proposal, 1 - distances[-1] / 5))
    assert statistics.mean(distances[-6:]) < 0.6 * statistics.mean(distances[:6])
