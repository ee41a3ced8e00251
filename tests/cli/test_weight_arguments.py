"""Options of a weight repair, as they are written and as they are meant."""

from pathlib import Path

import pytest

from netmend.cli.weight_arguments import is_network, options
from netmend.core.errors import UsageError
from netmend.repairs.weights.certify import Level

DEFAULTS = {
    "repair_set": Path("a.npz"),
    "reference": None,
    "keep": None,
    "keep_certificate": None,
    "held_out": None,
    "generalisation": None,
    "layer": "auto",
    "norm": "auto",
    "method": "linearise-solve-verify",
    "margin": None,
    "precision": "deployed",
    "harm": None,
    "time_limit": None,
    "memory_limit": 8,
    "architecture": "",
    "mean": "0",
    "std": "1",
    "size": None,
    "seed": 0,
}


def test_shares_amounts_and_lists_are_read():
    found = options(**DEFAULTS | {"harm": "1.5%", "time_limit": "2m", "memory_limit": 0.5, "mean": "0.5,0.4,0.3"})
    assert (found.harm, found.seconds, found.memory) == (0.015, 120, 2**29)
    assert found.images.mean == (0.5, 0.4, 0.3) and found.level is Level.DEPLOYED


def test_a_network_is_told_by_its_ending_or_by_the_repair_set():
    assert is_network(Path("model.onnx"), Path("a.npz")) and is_network(Path("folder"), Path("a.npz"))
    assert not is_network(Path("train.py"), None) and not is_network(Path("train"), None)
    with pytest.raises(UsageError, match="nothing is required"):
        is_network(Path("Model.ONNX"), None)
