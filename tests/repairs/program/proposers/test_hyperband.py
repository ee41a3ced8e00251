"""Hyperband spends most runs on a share of the epochs, and goes on with what is best there."""

import itertools

from netmend.repairs.program.proposers.hyperband import KIND


def test_the_best_third_goes_on_at_three_times_the_share(start, trial):
    made, tried = KIND.start(start()), []
    for number in range(13):
        proposal = made.ask()
        score = float(int(proposal.patch.id[:4], 16))
        made.tell(trial(proposal, score, number=number))
        tried.append((proposal.effort, score, proposal.patch.id))
    rungs = [[each for each in tried if each[0] == effort] for effort in (1 / 9, 1 / 3, 1.0)]
    assert [len(rung) for rung in rungs] == [9, 3, 1]
    for rung, following in itertools.pairwise(rungs):
        best = sorted(rung, key=lambda each: -each[1])[: len(following)]
        assert {identity for *_, identity in best} == {identity for *_, identity in following}
