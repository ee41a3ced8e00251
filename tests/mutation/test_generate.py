import time
from itertools import islice

import pytest

from netmend.core.errors import UsageError
from netmend.mutation.generate import Applied, mutants, operators_named, pairs, refusals, survey
from netmend.mutation.operators._base import Reason
from netmend.mutation.operators._examples import keras, torch
from netmend.program.source import Program

KERAS, TORCH = Program.from_text(keras()), Program.from_text(torch())


def test_all_mutants_are_made_in_seconds_and_none_twice():
    started = time.monotonic()
    found = list(mutants(KERAS))
    assert time.monotonic() - started < 20
    assert len({mutant.program.digest for mutant in found}) == len(found) > 60


def test_values_are_those_of_the_opportunities_and_the_ladders_of_what_is_searched():
    expected = 0
    for found in survey(TORCH):
        if isinstance(found, Applied):
            scale = found.opportunity.scale
            expected += len(scale.ladder()) if scale else len(found.opportunity.values)
    unwritten = [each for each in refusals(TORCH) if each.value]
    assert len(list(mutants(TORCH))) == expected - len(unwritten)
    assert all(each.why.reason is Reason.CANNOT_BE_WRITTEN for each in unwritten)


def test_operators_are_chosen_by_name_or_acronym_in_any_case():
    assert {mutant.operator for mutant in mutants(KERAS, ["hlr", "Change-Loss-Function"])} == {
        "change-loss-function",
        "decrease-learning-rate",
    }
    with pytest.raises(UsageError, match="no mutation operator called 'XYZ'"):
        operators_named(["XYZ"])


@pytest.mark.parametrize("program", [KERAS, TORCH], ids=["keras", "torch"])
def test_pairs_are_two_faults_of_two_operators_at_two_places_and_undo_byte_for_byte(program):
    found = list(pairs(program, 25, seed=3))
    assert len(found) == 25
    assert len({frozenset(change.edits for change in mutant.patch.changes) for mutant in found}) == 25
    for mutant in found:
        first, second = mutant.mutations
        assert first.operator != second.operator
        assert (first.change.kind, first.change.place) != (second.change.kind, second.change.place)
        assert mutant.program.patched(mutant.inverse) == program


def test_the_same_seed_draws_the_same_pairs_and_another_seed_others():
    one, same, other = ([mutant.patch.id for mutant in pairs(TORCH, 8, seed)] for seed in (1, 1, 2))
    assert one == same != other


def test_pairs_end_where_there_are_no_more():
    few = list(pairs(TORCH, 100, 0, ["HNE", "WRB"]))
    ones = [sum(mutant.acronym == name for mutant in mutants(TORCH, ["HNE", "WRB"])) for name in ("HNE", "WRB")]
    assert len(few) == ones[0] * ones[1]
    assert list(pairs(TORCH, 3, 0, ["HNE"])) == []
    assert len(list(islice(pairs(TORCH, 3, 0), 5))) == 3
