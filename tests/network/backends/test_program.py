"""Exported programs are vetted before torch reads them."""

import re

import pytest

from netmend.network.backends._program import program_file
from netmend.network.backends._zip import contents, entries

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


class Counted(torch.nn.Module):
    def forward(self, x):
        found = torch.nonzero(x > 0)
        torch._check(found.shape[0] <= 8)
        torch._check(found.shape[0] >= 1)
        return x + found.shape[0]


def test_sizes_that_hang_on_numbers_may_be_compared(tmp_path):
    torch.export.save(torch.export.export(Counted(), (torch.ones(2, 4),)), tmp_path / "counted.pt2")
    data = (tmp_path / "counted.pt2").read_bytes()
    models = [contents(data, entry) for name, entry in entries(data, "").items() if name.endswith("model.json")]
    said = {word for text in models for word in re.findall(r'"expr_str": "(\w+)', text.decode())}
    assert "LessThan" in said and not program_file(data, "counted.pt2").arrays
