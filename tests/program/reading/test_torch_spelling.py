from __future__ import annotations

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading.bindings import bindings_of
from netmend.program.reading.torch_spelling import spelled
from netmend.program.source import Program


@pytest.mark.parametrize(
    ("imports", "names", "expected"),
    [
        ("import torch", ["torch.nn.ReLU"], "torch.nn.ReLU"),
        ("import torch.nn as nn", ["torch.nn.ReLU"], "nn.ReLU"),
        ("import torch\nfrom torch import nn", ["torch.nn.ReLU"], "nn.ReLU"),
        ("from torch.nn import ReLU", ["torch.nn.ReLU"], "ReLU"),
        ("from torch.nn import *", ["torch.nn.ReLU"], "ReLU"),
        (
            "import torch\nimport torch.nn.functional as F",
            ["torch.sigmoid", "torch.nn.functional.sigmoid"],
            "torch.sigmoid",
        ),
        ("import torch\nimport torch.nn.functional as F", ["torch.nn.functional.relu", "torch.relu"], "F.relu"),
        ("import torch", ["torch.nn.functional.relu", "torch.relu"], "torch.relu"),
        ("from torch.nn import functional", ["torch.nn.functional.relu", "torch.relu"], "functional.relu"),
        ("from torch.optim import SGD\nfrom torch import optim", ["torch.optim.Adam"], "optim.Adam"),
    ],
)
def test_imports_are_reused(imports: str, names: list[str], expected: str) -> None:
    bindings = bindings_of(Program.from_text(f"{imports}\nprint(1)\n"))
    assert spelled(bindings, bindings.calls[-1].site, *names) == (expected, ())


def test_an_import_is_added_where_there_is_none() -> None:
    program = Program.from_text("from torch.nn import Linear\nprint(1)\n")
    bindings = bindings_of(program)
    text, edits = spelled(bindings, bindings.calls[-1].site, "torch.optim.Adam")
    assert text == "torch.optim.Adam"
    assert program.patched(edits).main.text == "from torch.nn import Linear\nimport torch\nprint(1)\n"


def test_a_name_torch_of_another_meaning_is_not_taken() -> None:
    bindings = bindings_of(Program.from_text("from torch.nn import Linear\ntorch = 1\nprint(1)\n"))
    with pytest.raises(Unchangeable, match="the name torch is taken"):
        spelled(bindings, bindings.calls[-1].site, "torch.optim.Adam")
