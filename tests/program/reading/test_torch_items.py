"""Items are added and removed in every layout of a list; commas, line ends and comments stay where they belong."""

from __future__ import annotations

import pytest

from netmend.program.reading.torch import read, write
from netmend.program.source import Program

HEAD = "from collections import OrderedDict\nimport torch\nfrom torch import nn\n"


def changed(body: str, value: str | None, index: int = 0, kind: str = "activation") -> str:
    program = Program.from_text(HEAD + body)
    element = [each for each in read(program) if each.kind == kind][index]
    return program.patched(write(program, element, value)).main.text.removeprefix(HEAD)


A, B = "nn.Linear(1, 2)", "nn.Linear(2, 1)"
ALIGNED = " " * len("m = nn.Sequential(")


@pytest.mark.parametrize(
    ("before", "index", "after"),
    [
        (f"({A}, {B})", 0, f"({A}, nn.ReLU(), {B})"),
        (f"({A}, {B})", 1, f"({A}, {B}, nn.ReLU())"),
        (f"({A}, {B},)", 1, f"({A}, {B}, nn.ReLU(),)"),
        (f"(({A}), ({B}))", 1, f"(({A}), ({B}), nn.ReLU())"),
        (f"(\n    {A},\n    {B},\n)", 0, f"(\n    {A},\n    nn.ReLU(),\n    {B},\n)"),
        (f"(\n    {A},\n    {B},\n)", 1, f"(\n    {A},\n    {B},\n    nn.ReLU(),\n)"),
        (f"(\n    {A},\n    {B}\n)", 1, f"(\n    {A},\n    {B},\n    nn.ReLU()\n)"),
        (f"(\n    {A},  # a\n    {B}  # b\n)", 0, f"(\n    {A},  # a\n    nn.ReLU(),\n    {B}  # b\n)"),
        (f"(\n    {A},  # a\n    {B}  # b\n)", 1, f"(\n    {A},  # a\n    {B},  # b\n    nn.ReLU()\n)"),
        (f"(\n    {A}, {B}\n)", 1, f"(\n    {A}, {B}, nn.ReLU()\n)"),
        (f"({A},\n{ALIGNED}{B})", 0, f"({A},\n{ALIGNED}nn.ReLU(),\n{ALIGNED}{B})"),
        (f"({A},\n{ALIGNED}{B})", 1, f"({A},\n{ALIGNED}{B}, nn.ReLU())"),
        (f"(\r\n\t{A},\r\n\t{B}\r\n)", 1, f"(\r\n\t{A},\r\n\t{B},\r\n\tnn.ReLU()\r\n)"),
        (
            f"(OrderedDict([('a', {A}), ('b', {B})]))",
            0,
            f"(OrderedDict([('a', {A}), (\"a_relu\", nn.ReLU()), ('b', {B})]))",
        ),
        (f"(OrderedDict({{'a': {A}, 'b': {B}}}))", 1, f"(OrderedDict({{'a': {A}, 'b': {B}, \"b_relu\": nn.ReLU()}}))"),
        (f"(*[{A}, {B}])", 0, f"(*[{A}, nn.ReLU(), {B}])"),
    ],
)
def test_an_item_is_added(before: str, index: int, after: str) -> None:
    assert changed(f"m = nn.Sequential{before}\n", "relu", index) == f"m = nn.Sequential{after}\n"


def test_a_name_that_is_taken_is_not_used_again() -> None:
    body = f"m = nn.Sequential(OrderedDict([('a', {A}), ('a_relu', nn.Dropout()), ('b', {B})]))\n"
    assert '("a_relu_2", nn.ReLU())' in changed(body, "relu")


def test_an_appended_item_is_followed_by_another_statement() -> None:
    body = f"l = []\nfor i in range(1):\n    l.append({A})  # a\nl.append({B})\nm = nn.Sequential(*l)\n"
    assert changed(body, "relu") == body.replace("  # a\n", "  # a\n    l.append(nn.ReLU())\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"({A}, nn.ReLU(), {B})", f"({A}, {B})"),
        (f"({A}, nn.ReLU())", f"({A})"),
        (f"(nn.ReLU(), {A})", f"({A})"),
        (f"(\n    {A},\n    nn.ReLU(),  # gone\n    {B},\n)", f"(\n    {A},\n    {B},\n)"),
        (f"(*[{A}, nn.ReLU(), {B}])", f"(*[{A}, {B}])"),
        (f"(OrderedDict([('a', {A}), ('r', nn.ReLU())]))", f"(OrderedDict([('a', {A})]))"),
        (f"(OrderedDict({{'a': {A}, 'r': nn.ReLU()}}))", f"(OrderedDict({{'a': {A}, 'r': nn.Identity()}}))"),
        ("(nn.ReLU())", "(nn.Identity())"),
    ],
)
def test_an_item_is_removed(before: str, after: str) -> None:
    text = f"m = nn.Sequential{before}\n"
    layers = [each.value for each in read(Program.from_text(HEAD + text)) if each.kind == "layer"]
    assert changed(text, None, layers.index("ReLU"), "layer") == f"m = nn.Sequential{after}\n"


def test_an_appended_item_is_removed_with_its_statement() -> None:
    body = f"l = [{A}]\nl.append(nn.ReLU())  # gone\nl.append({B})\nm = nn.Sequential(*l)\n"
    assert changed(body, "linear") == body.replace("l.append(nn.ReLU())  # gone\n", "")
