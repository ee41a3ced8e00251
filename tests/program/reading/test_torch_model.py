"""The tree of modules is compared with what PyTorch registers, and with the numbers it gives up where it must."""

from __future__ import annotations

import pytest

from netmend.program.reading.bindings import bindings_of
from netmend.program.reading.torch_calls import Calls
from netmend.program.reading.torch_model import Group, Models, nodes, numbered
from netmend.program.source import Program

HEAD = "import torch\nfrom torch import nn\n"


def numbers(body: str) -> list[tuple[str, int | None]]:
    roots = Models(Calls(bindings_of(Program.from_text(HEAD + body)))).roots()
    assert len(roots) == 1
    return [(leaf.kind, number) for leaf, number in numbered(roots[0]).items()]


def module(init: str, arguments: str = "") -> str:
    return (
        "class N(nn.Module):\n"
        "    def __init__(self, act=nn.ReLU, deep=True, n=2):\n"
        "        super().__init__()\n"
        + "".join(f"        {line}\n" for line in init.split("\n"))
        + f"net = N({arguments})\n"
    )


PROGRAMS = {
    "nested": "net = nn.Sequential(nn.Sequential(nn.Linear(1, 2), nn.ReLU()), nn.Sequential(), nn.Linear(2, 1))\n",
    "class passed": module("self.a = nn.Linear(1, 2)\nself.b = act()\nself.c = nn.Linear(2, 1)", "act=nn.Tanh"),
    "loop": module(
        "self.l = nn.ModuleList()\nfor i in range(n):\n    self.l.append(nn.Linear(2, 2))\nself.o = nn.Tanh()"
    ),
    "named": module(
        "for i in range(1):\n    self.add_module('x', nn.Linear(1, 1))\nself.d = nn.ModuleDict({'a': nn.ReLU()})"
    ),
    "pair": module("self.a, self.b = nn.Linear(1, 2), nn.Linear(2, 1)"),
    "decided branch": module(
        "if deep:\n    self.a = nn.Linear(1, 1)\nelse:\n    self.b = nn.ReLU()\nself.c = nn.Tanh()", "deep=False"
    ),
    "shared": module(
        "r = nn.ReLU()\nself.s = nn.Sequential(nn.Linear(1, 1), r, nn.Linear(1, 1), r)\nself.z = nn.Tanh()"
    ),
    "replaced": module("self.a = nn.Linear(1, 2)\nself.b = nn.ReLU()\nself.a = nn.Linear(1, 3)"),
    "method": module("self.a = self.make(4)\nself.b = self.make(5)"),
    "subclass": (
        "class N(nn.Sequential):\n    def __init__(self):\n"
        "        super().__init__(nn.Linear(1, 2), nn.ReLU())\nnet = N()\n"
    ),
    "base class": (
        "class A(nn.Module):\n    def __init__(self, k):\n"
        "        super().__init__()\n        self.a = nn.Linear(1, k)\n"
        "class B(A):\n    def __init__(self):\n        super().__init__(3)\n        self.b = nn.ReLU()\nnet = B()\n"
    ),
    "own leaf": (
        "class Flat(nn.Module):\n    def forward(self, x):\n        return x.flatten(1)\n"
        "net = nn.Sequential(Flat(), nn.Linear(4, 2))\n"
    ),
    "factory": (
        "def f(k):\n    return nn.Sequential(nn.Linear(k, 1), nn.ReLU())\nnet = nn.Sequential(f(1), f(2)).to('cpu')\n"
    ),
    "followed twice": (
        "def f(k):\n    return nn.Sequential(nn.Linear(k, 1))\na = f(1)\nb = f(2)\nnet = nn.Sequential(a, b)\n"
    ),
}
PROGRAMS["method"] = PROGRAMS["method"].replace(
    "net = N()", "    def make(self, k):\n        return nn.Sequential(nn.Linear(k, 1), nn.ReLU())\nnet = N()"
)


@pytest.mark.torch
@pytest.mark.parametrize("name", PROGRAMS)
def test_leaves_are_numbered_as_pytorch_registers_them(name: str) -> None:
    pytest.importorskip("torch")
    names: dict[str, object] = {}
    exec(HEAD + PROGRAMS[name], names)
    leaves = [each for each in names["net"].modules() if not list(each.children())]  # type: ignore[attr-defined]
    expected = {number: type(each).__name__ for number, each in enumerate(leaves)}
    found = {number: kind for kind, number in numbers(PROGRAMS[name])}
    own = {number for number, kind in expected.items() if kind in ("Flat", "Sequential")}
    assert found == {number: kind for number, kind in expected.items() if number not in own}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            module("self.a = nn.ReLU()\nif data:\n    self.b = nn.Tanh()\nself.c = nn.ELU()"),
            [("ReLU", 0), ("Tanh", None), ("ELU", None)],
        ),
        (
            module("self.a = nn.ReLU()\nfor x in data:\n    self.b = nn.Tanh()\nself.c = nn.ELU()"),
            [("ReLU", 0), ("Tanh", None), ("ELU", None)],
        ),
        ("net = nn.Sequential(nn.ReLU(), mystery(), nn.ELU())\n", [("ReLU", 0), ("ELU", None)]),
        (
            "net = nn.Sequential(nn.ReLU(), nn.TransformerEncoderLayer(4, 2), nn.ELU())\n",
            [("ReLU", 0), ("TransformerEncoderLayer", 1), ("ELU", None)],
        ),
        (
            "import torchvision\n"
            + module("self.a = nn.ReLU()\nself.b = torchvision.models.resnet18()\nself.c = nn.ELU()"),
            [("ReLU", 0), ("ELU", None)],
        ),
    ],
)
def test_leaves_after_an_uncertain_point_have_no_number(body: str, expected: list[tuple[str, int | None]]) -> None:
    assert numbers(body) == expected


def test_a_module_that_contains_itself_ends() -> None:
    assert {kind for kind, _ in numbers(module("self.a = nn.ReLU()\nself.n = N()"))} == {"ReLU"}


def test_every_model_that_is_no_part_of_another_is_a_root() -> None:
    body = (
        module("self.s = nn.Sequential(nn.Linear(1, 1))")
        + "other = nn.Sequential(N(), nn.ReLU())\nlast = nn.Sequential()\n"
    )
    roots = Models(Calls(bindings_of(Program.from_text(HEAD + body)))).roots()
    assert [root.call.site.text for root in roots] == ["N()", "nn.Sequential(N(), nn.ReLU())", "nn.Sequential()"]
    assert isinstance(roots[1], Group)
    assert [type(each).__name__ for each in nodes(roots[1])] == ["Group", "Group", "Group", "Leaf", "Leaf"]
