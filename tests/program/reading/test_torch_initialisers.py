from __future__ import annotations

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.reading.torch import read, write
from netmend.program.source import Program

HEAD = "from collections import OrderedDict\nimport torch\nfrom torch import nn\n"
MODEL = "m = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))\n"


def initialisers(body: str) -> list[Element]:
    return [element for element in read(Program.from_text(HEAD + body)) if element.kind == "initialiser"]


def changed(body: str, value: Value, index: int = 0) -> str:
    program = Program.from_text(HEAD + body)
    return program.patched(write(program, initialisers(body)[index], value)).main.text.removeprefix(HEAD)


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("nn.init.zeros_(m[0].weight)", "zeros"),
        ("nn.init.constant_(m[0].weight, 0.0)", "zeros"),
        ("nn.init.constant_(m[0].weight, val=1)", "ones"),
        ("nn.init.constant_(m[0].weight, 0.3)", "constant(0.3)"),
        ("nn.init.normal_(m[0].weight)", "random_normal(0.0, 1.0)"),
        ("nn.init.normal_(m[0].weight, std=0.02)", "random_normal(0.0, 0.02)"),
        ("nn.init.normal_(m[0].weight, 0.0, 0.05)", "random_normal"),
        ("nn.init.uniform_(m[0].weight, -1, 1)", "random_uniform(-1, 1)"),
        ("nn.init.xavier_uniform(m[0].weight)", "glorot_uniform"),
        ("nn.init.kaiming_normal_(tensor=m[0].weight)", "he_normal"),
        ("nn.init.constant_(m[0].weight, start)", None),
        ("m[0].weight.data.fill_(1)", "ones"),
        ("m[0].weight.data.normal_(0, 0.1)", "random_normal(0, 0.1)"),
        ("m[0].weight.data.zero_()", "zeros"),
    ],
)
def test_values(call: str, value: Value) -> None:
    found = {each.layer: each for each in initialisers(f"{MODEL}{call}\n")}
    assert (found[0].value, found[0].text, found[0].role, found[0].absent) == (value, call, "input", False)
    assert (found[2].value, found[2].absent) == ("default", True)


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("nn.init.zeros_(m[0].weight)", "glorot_uniform", "nn.init.xavier_uniform_(m[0].weight)"),
        ("nn.init.zeros_(m[0].weight)", "constant(0.5)", "nn.init.constant_(m[0].weight, 0.5)"),
        ("nn.init.uniform_(m[0].weight, -1, b=1)", "zeros", "nn.init.zeros_(m[0].weight)"),
        ("nn.init.zeros_(m[0].weight)", "he_normal", 'nn.init.kaiming_normal_(m[0].weight, nonlinearity="relu")'),
        ("nn.init.zeros_(m[0].weight)", "random_normal", "nn.init.normal_(m[0].weight, std=0.05)"),
        ("nn.init.zeros_(m[0].weight)", "random_normal(0.0, 0.1)", "nn.init.normal_(m[0].weight, 0.0, 0.1)"),
        ("m[0].weight.data.normal_(0, 2)", "orthogonal", "nn.init.orthogonal_(m[0].weight.data)"),
    ],
)
def test_a_call_becomes_another(before: str, value: Value, after: str) -> None:
    index = next(i for i, each in enumerate(initialisers(f"{MODEL}{before}\n")) if not each.absent)
    assert changed(f"{MODEL}{before}\n", value, index) == f"{MODEL}{after}\n"


def test_the_default_is_the_call_removed() -> None:
    body = f"{MODEL}nn.init.zeros_(m[0].weight)  # gone\nx = 1\n"
    index = next(i for i, each in enumerate(initialisers(body)) if not each.absent)
    assert changed(body, "default", index) == f"{MODEL}x = 1\n"
    body = f"{MODEL}w = nn.init.zeros_(m[0].weight)\n"
    with pytest.raises(Unchangeable, match="result"):
        changed(body, "default", index)


@pytest.mark.parametrize(
    ("model", "index", "added"),
    [
        (MODEL, 1, "nn.init.ones_(m[2].weight)\n"),
        ("m = nn.Sequential(OrderedDict([('a', nn.Linear(1, 1))])).to('cpu')  # m\n", 0, "nn.init.ones_(m.a.weight)\n"),
    ],
)
def test_an_absent_initialiser_of_a_sequential_is_a_new_statement(model: str, index: int, added: str) -> None:
    assert changed(model, "ones", index) == model + added


def test_an_absent_initialiser_of_an_attribute_is_a_new_statement_in_init() -> None:
    body = (
        "class N(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.fc = nn.Linear(1, 1)  # fc\n"
        "    def forward(self, x):\n        return self.fc(x)\nN()\n"
    )
    assert changed(body, "ones") == body.replace("# fc\n", "# fc\n        nn.init.ones_(self.fc.weight)\n")


def test_layers_that_no_name_reaches_are_refused() -> None:
    with pytest.raises(Unchangeable, match="reach"):
        changed("def f():\n    return nn.Sequential(nn.Linear(1, 1))\nm = f()\n", "ones")


def test_a_loop_over_all_layers_is_one_element_and_no_layer_is_absent() -> None:
    body = (
        f"{MODEL}for layer in m.modules():\n    if isinstance(layer, nn.Linear):\n        nn.init.ones_(layer.weight)\n"
    )
    (found,) = initialisers(body)
    assert (found.value, found.owner, found.layer) == ("ones", "every layer", None)


def test_biases_are_left_alone() -> None:
    body = f"{MODEL}nn.init.zeros_(m[0].bias)\nm[2].bias.data.fill_(0.1)\n"
    assert all(each.absent for each in initialisers(body))


def test_an_unknown_initialiser_is_refused() -> None:
    with pytest.raises(Unchangeable, match="lecun_normal"):
        changed(MODEL, "lecun_normal")
