"""BOHB has lower fidelities at its best, and none as published."""

from netmend.repairs.program.proposers.bohb import KIND


def efforts(given, trial, count=16):
    made, found = KIND.start(given), []
    for _ in range(count):
        proposal = made.ask()
        found.append(proposal.effort)
        made.tell(trial(proposal, 0.5 / len(found)))
    return found


def test_its_best_self_begins_with_a_share_of_the_epochs_and_the_published_one_does_not(start, trial):
    assert set(efforts(start(), trial)) == {1 / 9, 1 / 3, 1.0}
    assert set(efforts(start(as_published=True), trial)) == {1.0}


def test_where_start_up_is_most_of_a_run_every_run_is_a_whole_one(start, trial):
    assert set(efforts(start(cost=lambda factor: 1 + 0.1 * (factor - 1)), trial)) == {1.0}
