"""Options of a weight repair, as they are written and as they are meant."""

from pathlib import Path

import pytest

from netmend.cli.network_arguments import Reading
from netmend.cli.weight_arguments import Arguments, is_network
from netmend.core.errors import UsageError
from netmend.repairs.weights.certify import Level


def test_shares_amounts_and_lists_are_read():
    asked = Arguments(repair_set=Path("a.npz"), harm="1.5%", time_limit="2m", memory_limit=0.5)
    found = asked.options(Reading(mean="0.5,0.4,0.3"), seed=0)
    assert (found.harm, found.seconds, found.memory) == (0.015, 120, 2**29)
    assert found.images.mean == (0.5, 0.4, 0.3) and found.level is Level.DEPLOYED


def test_a_network_is_told_by_its_ending_or_by_the_repair_set():
    assert is_network(Path("model.onnx"), Path("a.npz")) and is_network(Path("folder"), Path("a.npz"))
    assert not is_network(Path("train.py"), None) and not is_network(Path("train"), None)
    with pytest.raises(UsageError, match="nothing is required"):
        is_network(Path("Model.ONNX"), None)


@pytest.mark.parametrize(
    "written",
    [{"precision": "half"}, {"harm": "101%"}, {"harm": "little"}, {"time_limit": "20x"}, {"time_limit": "long"}],
)
def test_what_is_not_understood_is_refused(written):
    with pytest.raises(UsageError):
        Arguments(repair_set=Path("a.npz"), **written).options(Reading(), seed=0)
