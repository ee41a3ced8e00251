from __future__ import annotations

import ast

import pytest

from netmend.program.reading.bindings import Site, bindings_of
from netmend.program.reading.torch_calls import NOWHERE, Calls
from netmend.program.reading.torch_lists import Lists
from netmend.program.source import Program

HEAD = "from collections import OrderedDict\nfrom torch import nn\nn = 3\nsizes = [2, 4, 8, 1]\n"


def members(body: str) -> tuple[list[str], bool]:
    """Texts of the items of the last Sequential, and whether they are all."""
    bindings = bindings_of(Program.from_text(HEAD + body))
    call = [each for each in bindings.calls if each.name == "torch.nn.Sequential"][-1]
    found, exact = Lists(Calls(bindings)).of_container(call, NOWHERE)
    return [f"{each.name}={each.site.text}" if each.name else each.site.text for each in found], exact


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("nn.Sequential(a(), b())", "a() b()"),
        ("nn.Sequential(*[a(), b()], c())", "a() b() c()"),
        ("nn.Sequential(OrderedDict([('x', a()), ('y', b())]))", "x=a() y=b()"),
        ("nn.Sequential(OrderedDict({'x': a(), 'y': b()}))", "x=a() y=b()"),
        ("l = [a()]\nl.append(b())\nl += [c()]\nl.extend([d()])\nnn.Sequential(*l)\nl.append(e())", "a() b() c() d()"),
        (
            "l = []\nfor i in range(n):\n    l.append(a())\n    l.append(b())\nnn.Sequential(*l)",
            "a() b() a() b() a() b()",
        ),
        ("l = []\nfor p, q in zip(sizes[:-1], sizes[1:]):\n    l += [a()]\nnn.Sequential(*l, c())", "a() a() a() c()"),
        ("nn.Sequential(*[a() for _ in range(1, n)])", "a() a()"),
        ("nn.Sequential(*([a()] + [b()]))", "a() b()"),
        ("l = []\nif n:\n    l.append(a())\nelse:\n    l.append(b())\nnn.Sequential(*l)", "a()"),
        ("def f(k):\n    return [a(), b()]\nnn.Sequential(*f(1), *f(2))", "a() b() a() b()"),
    ],
)
def test_items_in_order(body: str, expected: str) -> None:
    assert members(body) == (expected.split(" "), True)


@pytest.mark.parametrize(
    "body",
    [
        "nn.Sequential(*unknown())",
        "nn.Sequential(*[a() for _ in data])",
        "l = [a()]\nif data:\n    l.append(b())\nnn.Sequential(*l)",
        "l = [a()]\nl.insert(0, b())\nnn.Sequential(*l)",
        "l = []\nwhile data:\n    l.append(a())\nfor x in data:\n    l.append(a())\nnn.Sequential(*l)",
    ],
)
def test_what_cannot_be_counted_is_said_to_be_inexact(body: str) -> None:
    assert members(body)[1] is False


@pytest.mark.parametrize(
    ("iterated", "expected"),
    [
        ("range(4)", 4),
        ("range(2, 9, 3)", 3),
        ("range(n)", 3),
        ("sizes", 4),
        ("enumerate(sizes[1:])", 3),
        ("zip(sizes, sizes[:-2])", 2),
        ("range(data)", None),
        ("data", None),
        ("sizes[k:]", None),
        ("range(0, 4, 0)", None),
    ],
)
def test_how_often_a_loop_runs(iterated: str, expected: int | None) -> None:
    bindings = bindings_of(Program.from_text(f"{HEAD}for _ in {iterated}: pass\n"))
    loop = bindings.program.main.tree.body[-1]
    assert isinstance(loop, ast.For)
    assert Lists(Calls(bindings)).count(Site(bindings.program.main, loop.iter), NOWHERE) == expected
