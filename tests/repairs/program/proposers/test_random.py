"""Random search: of the published space most draws cannot learn, of its best self none is out of reach."""

from netmend.repairs.program.proposers.random import KIND


def rates(given, trial, count=60):
    made, found = KIND.start(given), []
    while len(found) < count:
        proposal = made.ask()
        found += [float(change.after) for change in proposal.patch.changes if change.kind == "learning-rate"]
        made.tell(trial(proposal, 0.5))
    return found


def test_nine_of_ten_published_rates_are_greater_than_one_and_none_of_its_best_self_is(start, trial):
    published = rates(start(as_published=True), trial)
    assert 0.8 < sum(rate > 1 for rate in published) / len(published) < 0.98
    best = rates(start(), trial)
    assert max(best) <= 1 and sum(rate < 1e-3 for rate in best) > 15, "half of them, on a log scale"


def test_what_is_told_does_not_change_what_is_asked(start, trial):
    one, other = KIND.start(start()), KIND.start(start())
    for score in (0.1, 0.9, None):
        first, second = one.ask(), other.ask()
        assert first == second
        one.tell(trial(first, score))
