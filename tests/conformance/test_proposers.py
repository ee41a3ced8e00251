"""Every proposer satisfies what proposers must."""

import pytest

from netmend.core.discover import contributions
from netmend.repairs.program.proposers._base import ProposerKind
from netmend.testing.conformance import check_proposer

PROPOSERS = contributions("netmend.repairs.program.proposers", ProposerKind)


@pytest.mark.parametrize("contribution", PROPOSERS.values(), ids=list(PROPOSERS))
def test_a_proposer_satisfies_what_proposers_must(contribution):
    check_proposer(contribution)
