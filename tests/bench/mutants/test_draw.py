from dataclasses import replace

import pytest

from bench.localiser.collect import TRAINING_DATA
from bench.mutants.draw import PER_PROGRAM, SHARES, decision, drawn, programs
from netmend.core.discover import contributions
from netmend.mutation.killing import Status
from netmend.program.source import Program
from netmend.training.metrics._base import Metric

ACCURACY = contributions("netmend.training.metrics", Metric)["accuracy"].value


@pytest.mark.parametrize("path", programs("reporting"), ids=lambda path: path.stem)
def test_each_program_for_reporting_gives_its_mutants_and_the_same_again(path):
    first, again = (list(drawn(Program.read(path))) for _ in range(2))
    assert len(first) == PER_PROGRAM
    assert [mutant.patch.id for mutant in first] == [mutant.patch.id for mutant in again]
    assert TRAINING_DATA not in {mutant.truth[0].kind for mutant in first}
    assert len({mutant.acronym for mutant in first}) >= 5, "many kinds of faults, not one in many forms"


def test_shares_have_no_program_in_common():
    assert SHARES.keys() == {"tuning", "reporting"}
    texts = {share: {path.read_text() for path in programs(share)} for share in SHARES}
    assert texts["tuning"] and texts["reporting"] and not texts["tuning"] & texts["reporting"]


@pytest.mark.parametrize(
    ("mutant", "status"),
    [
        ((0.5,) * 10, Status.KILLED),
        ((0.9 - ACCURACY.smallest_gain,) * 10, Status.SURVIVED),
        ((None,) * 10, Status.DOES_NOT_TRAIN),
    ],
    ids=["much worse", "a little worse, and always", "failing"],
)
def test_a_mutant_is_repaired_if_it_is_worse_by_a_difference_that_matters(mutant, status):
    assert decision((0.9,) * 10, mutant, ACCURACY).status is status
    assert decision(mutant, mutant, replace(ACCURACY)).status is not Status.KILLED
