"""A list of patches is a proposer."""

from itertools import count

from netmend.core.repairer import Listed
from netmend.testing.toys import ToyPatch

PATCHES = [ToyPatch((("rate", str(number)),)) for number in range(3)]


def asked(proposer, most=10):
    return [proposal for proposal in (proposer.ask() for _ in range(most)) if proposal is not None]


def test_a_list_is_proposed_in_its_order_and_then_nothing_more():
    proposer = Listed(PATCHES)
    assert [proposal.patch for proposal in asked(proposer)] == PATCHES
    assert proposer.ask() is None


def test_every_proposal_asks_for_the_runs_it_was_given_at_full_effort():
    assert {(proposal.runs, proposal.effort) for proposal in asked(Listed(PATCHES, runs=5))} == {(5, 1.0)}


def test_a_generator_is_drawn_from_only_when_asked():
    drawn = []
    proposer = Listed((drawn.append(number) or ToyPatch() for number in count()), runs=1)
    assert drawn == []
    proposer.ask()
    assert drawn == [0]


def test_being_told_changes_nothing():
    told, untold = Listed(PATCHES), Listed(PATCHES)
    first = [told.ask(), untold.ask()]
    told.tell("anything")
    assert first[0] == first[1]
    assert asked(told) == asked(untold)
