"""Rows that are kept from training; that they are measured is asked in `test_watching.py`."""

import copy

import numpy as np
import pytest

from netmend.training.probes.torch_probe.replacing import Replaced
from netmend.training.probes.torch_probe.reporting import Report
from netmend.training.probes.torch_probe.withholding import Kept, Withholding

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_a_part_of_a_data_set_is_like_the_whole():
    whole = torch.utils.data.Subset(list(range(100, 110)), range(10))
    part = Kept(whole, np.array([1, 3, 5]))
    assert [part[n] for n in range(len(part))] == [101, 103, 105]
    assert part.indices == range(10)
    assert [batch.tolist() for batch in torch.utils.data.DataLoader(part, batch_size=2)] == [[101, 103], [105]]
    assert copy.copy(part)[2] == 105


def test_rows_are_withheld_from_the_first_loader_only():
    told, functions, loader = [], Replaced(), torch.utils.data.DataLoader
    withholding = Withholding(Report(told.append, None), 0.2)
    withholding.install(functions, loader)
    try:
        first, second = loader(list(range(100))), loader(list(range(100)))
    finally:
        functions.put_back()
    held = withholding.held[1].tolist()
    assert sorted(held + [int(batch) for batch in first]) == list(range(100)) and held
    assert len(second) == len(loader(list(range(100)))) == 100
    assert told[0]["text"].startswith(f"{len(held)} of 100 training rows were withheld")
