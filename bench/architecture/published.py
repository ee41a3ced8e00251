"""The search loop of Kim et al., ICST 2023, section III-D: one run per candidate, in turn, and the best one wins."""

from __future__ import annotations

import time

from netmend.core import loop
from netmend.core.budget import Meter
from netmend.core.records import Draw, Purpose, Trial
from netmend.program.edits import SourcePatch
from netmend.repairs.program.evidence import Evidence
from netmend.repairs.program.repairer import ProgramRepairer
from netmend.repairs.program.study import Watch

GOOD_ENOUGH = 0.99
"""A candidate that scores so high ends the search: the stopping rule of the published scripts."""


def search_as_published(
    repairer: ProgramRepairer, plan: loop.Plan, meter: Meter, watch: Watch
) -> tuple[list[Trial[SourcePatch, Evidence]], str]:
    """All trials of the search, and why it ended. Every run has a seed of its own, as unseeded runs do."""
    observation, diagnosis = loop.observe(repairer, plan, meter, watch)
    assert repairer.oracle is not None
    meter.enter("search")
    proposer = repairer.propose(observation, diagnosis)
    trials: list[Trial[SourcePatch, Evidence]] = []
    while not meter.exhausted:
        asked = time.monotonic()
        proposal = proposer.ask()
        meter.proposed(time.monotonic() - asked)
        if proposal is None:
            return trials, "nothing is left to propose"
        started = time.monotonic()
        draw = Draw(Purpose.SCREEN, plan.draw(Purpose.SCREEN, len(trials) + 1).seeds[-1:], proposal.effort)
        evidence = repairer.try_out(proposal.patch, draw)
        verdict = repairer.judge(observation.evidence, evidence)
        seconds = time.monotonic() - started
        trials.append(Trial(len(trials) + 1, proposal.patch, draw, evidence, verdict, proposal.reason, seconds))
        proposer.tell(trials[-1])
        if repairer.oracle.metric.perfect == 1.0 and verdict.score >= GOOD_ENOUGH:
            return trials, f"a candidate reached {GOOD_ENOUGH}"
    return trials, "the budget is spent"
