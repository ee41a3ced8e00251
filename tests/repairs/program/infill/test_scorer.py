import pytest

from netmend.core.errors import UsageError
from netmend.repairs.program.infill import counts
from netmend.repairs.program.infill._scorer import scorer


def test_a_scorer_is_opened_by_its_name():
    assert scorer("counts") is counts.read(None)


def test_a_name_that_no_scorer_has_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match="oracle") as raised:
        scorer("oracle")
    assert "counts" in str(raised.value.hint)
