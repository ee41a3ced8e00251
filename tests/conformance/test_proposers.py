"""Every proposer satisfies what proposers must."""

from importlib.util import find_spec

import pytest

from netmend.core.discover import contributions
from netmend.repairs.program.proposers._base import ProposerKind
from netmend.testing.conformance import check_proposer

PROPOSERS = contributions("netmend.repairs.program.proposers", ProposerKind)


@pytest.mark.parametrize("contribution", PROPOSERS.values(), ids=list(PROPOSERS))
def test_a_proposer_satisfies_what_proposers_must(contribution):
    missing = [package for package in contribution.value.requires if find_spec(package) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    check_proposer(contribution)
