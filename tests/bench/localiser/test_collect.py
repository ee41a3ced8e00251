import pytest

from bench.localiser.collect import PER_PROGRAM, PROGRAMS, sample
from netmend.program.source import Program

FILES = sorted(path for folder in PROGRAMS for path in folder.glob("*.py"))


@pytest.fixture(scope="module", params=["digits_keras", "wine_torch"])
def program(request):
    return Program.read(next(path for path in FILES if path.stem == request.param))


def test_mutants_are_drawn_from_all_operators_and_the_same_for_the_same_seed(program):
    drawn = sample(program, 12, seed=1)
    assert [mutant.patch.id for mutant in drawn] == [mutant.patch.id for mutant in sample(program, 12, seed=1)]
    assert [mutant.patch.id for mutant in drawn] != [mutant.patch.id for mutant in sample(program, 12, seed=2)]
    assert len({mutant.operator for mutant in drawn}) >= 10


def test_a_larger_sample_begins_with_the_smaller_one(program):
    assert [mutant.patch.id for mutant in sample(program, PER_PROGRAM, seed=1)][:10] == [
        mutant.patch.id for mutant in sample(program, 10, seed=1)
    ]


def test_the_harshest_value_is_drawn_first(program):
    rates = [each.mutations[0].value for each in sample(program, 200, seed=1) if each.acronym == "HLR"]
    assert len(rates) > 1 and rates == sorted(rates)


def test_every_mutant_has_an_element_or_the_data_at_fault(program):
    for mutant in sample(program, 200, seed=1):
        assert mutant.truth[0].element or mutant.truth[0].kind == "training-data"
