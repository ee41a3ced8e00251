from __future__ import annotations

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.reading.torch import read, write
from netmend.program.source import Program

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"


def of_kind(kind: str, text: str) -> list[Element]:
    return [element for element in read(Program.from_text(HEAD + text)) if element.kind == kind]


def changed(kind: str, text: str, value: Value, index: int = 0) -> str:
    program = Program.from_text(HEAD + text)
    return program.patched(write(program, of_kind(kind, text)[index], value)).main.text.removeprefix(HEAD)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)", "nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2)"),
        (
            "nn.Linear(4, out_features=8), nn.BatchNorm1d(8), nn.PReLU(), nn.Linear(in_features=8, out_features=2)",
            "nn.Linear(4, out_features=5), nn.BatchNorm1d(5), nn.PReLU(), nn.Linear(in_features=5, out_features=2)",
        ),
        (
            "nn.Conv2d(1, 8, 3), nn.GroupNorm(1, 8), nn.PReLU(8), nn.Conv2d(8, 2, 3)",
            "nn.Conv2d(1, 5, 3), nn.GroupNorm(1, 5), nn.PReLU(5), nn.Conv2d(5, 2, 3)",
        ),
        (
            "nn.Conv2d(1, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2)",
            "nn.Conv2d(1, 5, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 2)",
        ),
        ("nn.LazyLinear(8), nn.LazyLinear(2)", "nn.LazyLinear(5), nn.LazyLinear(2)"),
        ("nn.Linear(4, 8), nn.LSTM(8, 3), nn.Linear(3, 2)", "nn.Linear(4, 5), nn.LSTM(5, 3), nn.Linear(3, 2)"),
    ],
)
def test_the_layers_after_follow_a_change_of_units(before: str, after: str) -> None:
    assert changed("units", f"m = nn.Sequential({before})\n", 5) == f"m = nn.Sequential({after})\n"


def test_the_units_of_the_output_change_alone() -> None:
    text = "m = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))\n"
    assert changed("units", text, 5, 1) == text.replace("8, 2", "8, 5")


def test_a_constant_that_every_width_names_is_changed_once() -> None:
    text = "H = 8\nm = nn.Sequential(nn.Linear(4, H), nn.Linear(H, H), nn.Linear(H, 2))\n"
    assert changed("units", text, 5) == text.replace("H = 8", "H = 5")


def test_a_constant_and_the_number_that_equals_it_are_changed_together() -> None:
    text = "H = 8\nm = nn.Sequential(nn.Linear(4, H), nn.Linear(8, 2))\n"
    assert changed("units", text, 5) == "H = 5\nm = nn.Sequential(nn.Linear(4, H), nn.Linear(5, 2))\n"


@pytest.mark.parametrize(
    ("body", "index", "reason"),
    [
        ("D = 2\nm = nn.Sequential(nn.Linear(D, 8), nn.Linear(8, D))\n", 0, "another layer"),
        ("m = nn.Sequential(nn.Conv2d(1, 8, 3), nn.Flatten(), nn.Linear(8 * 4, 2))\n", 0, "another number"),
        ("m = nn.Sequential(nn.Linear(4, 8), nn.Linear(size(), 2))\n", 0, "another number"),
        ("D = 8\nm = nn.Sequential(nn.Linear(D, D), nn.Linear(D, 2))\n", 0, "width of the data"),
        ("D = 2\nm = nn.Sequential(nn.Linear(4, D), nn.Linear(D, D))\n", 0, "width of the data"),
    ],
)
def test_units_that_something_else_depends_on_are_refused(body: str, index: int, reason: str) -> None:
    with pytest.raises(Unchangeable, match=reason):
        changed("units", body, 5, index)


def test_units_of_the_output_are_known() -> None:
    assert [
        (each.value, each.role) for each in of_kind("units", "m = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))\n")
    ] == [
        (8, "input"),
        (2, "output"),
    ]


def test_layers_have_their_class_as_value() -> None:
    found = of_kind(
        "layer",
        "m = nn.Sequential(nn.Flatten(), nn.Linear(4, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 2), nn.Tanh())\n",
    )
    assert [(each.value, each.layer, each.role) for each in found] == [
        ("Flatten", 0, "hidden"),
        ("Linear", 1, "input"),
        ("ReLU", 2, "hidden"),
        ("Dropout", 3, "hidden"),
        ("Linear", 4, "output"),
        ("Tanh", 5, "output"),
    ]


@pytest.mark.parametrize(("index", "value"), [(0, None), (1, None), (2, "Tanh")])
def test_layers_that_set_shapes_stay(index: int, value: Value) -> None:
    with pytest.raises(Unchangeable):
        changed("layer", "m = nn.Sequential(nn.Flatten(), nn.Linear(4, 8), nn.ReLU())\n", value, index)


def test_the_text_of_a_call_takes_the_place_of_a_layer() -> None:
    text = "m = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))\n"
    assert changed("layer", text, "nn.Linear(4, 8, bias=False)") == text.replace("4, 8", "4, 8, bias=False")


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("nn.Dropout(0.5)", 0.5, "nn.Dropout(0.2)"),
        ("nn.Dropout(p=0.9)", 0.9, "nn.Dropout(p=0.2)"),
        ("nn.Dropout()", 0.5, "nn.Dropout(p=0.2)"),
        ("nn.Dropout2d(0.3, inplace=True)", 0.3, "nn.Dropout2d(0.2, inplace=True)"),
    ],
)
def test_dropout_rates(before: str, value: float, after: str) -> None:
    text = "m = nn.Sequential(nn.Linear(1, 1), %s)\n"
    (found,) = of_kind("dropout-rate", text % before)
    assert (found.value, found.layer) == (value, 1)
    assert changed("dropout-rate", text % before, 0.2) == text % after


def test_dropout_functions() -> None:
    text = "m = nn.Sequential(nn.Linear(1, 1))\ndef f(x):\n    return F.dropout(x, training=True)\n"
    (found,) = of_kind("dropout-rate", text)
    assert (found.value, found.absent, found.owner, found.layer) == (0.5, True, "f", None)
    assert changed("dropout-rate", text, 0.2) == text.replace("training=True", "training=True, p=0.2")
