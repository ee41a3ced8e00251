"""Points to mend and to keep are counted together."""

import numpy as np

from netmend.core.records import Draw, Purpose
from netmend.repairs.weights.certify import Checked
from netmend.repairs.weights.evidence import Evidence

GOOD = Checked(np.ones(2), np.zeros(2), np.full(2, 0.5))
VAGUE = Checked(np.ones(1), np.full(1, np.inf), np.full(1, 0.5), unbounded="no rule")
DRAW = Draw(Purpose.CONFIRM, (0,))


def test_what_is_shown_may_be_more_than_what_is_proved():
    both = Evidence(DRAW, GOOD, VAGUE)
    assert both.proved.tolist() == [True, True, False] and both.shown.tolist() == [True, True, True]
    assert Evidence(DRAW, GOOD).proved.tolist() == [True, True]
