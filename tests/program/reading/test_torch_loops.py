from __future__ import annotations

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.reading.torch import read, write
from netmend.program.source import Program

HEAD = (
    "import torch\nfrom torch import nn\nfrom torch.utils.data import DataLoader\nfrom tqdm import tqdm, trange\n"
    "m = nn.Sequential(nn.Linear(4, 8))\no = torch.optim.SGD(m.parameters())\n"
)


def of_kind(kind: str, text: str) -> list[Element]:
    return [element for element in read(Program.from_text(HEAD + text)) if element.kind == kind]


def changed(kind: str, text: str, value: Value) -> str:
    program = Program.from_text(HEAD + text)
    (element,) = of_kind(kind, text)
    return program.patched(write(program, element, value)).main.text.removeprefix(HEAD)


STEP = "    loss.backward()\n"
FOLDS = """\
for fold in range(5):
    o = torch.optim.SGD(m.parameters())
    for e in range({}):
        loss.backward()
"""


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("for e in range(3):\n" + STEP, 3, "for e in range(7):\n" + STEP),
        ("for e in range(1, 4):\n" + STEP, 3, "for e in range(1, 8):\n" + STEP),
        ("N = 3\nfor e in range(1, N + 1):\n" + STEP, 3, "N = 7\nfor e in range(1, N + 1):\n" + STEP),
        ("N = 3\nfor e in range(1, 1 + N):\n" + STEP, 3, "N = 7\nfor e in range(1, 1 + N):\n" + STEP),
        ("N = 3\nfor e in tqdm(range(N), desc='x'):\n" + STEP, 3, "N = 7\nfor e in tqdm(range(N), desc='x'):\n" + STEP),
        ("for e in trange(3):\n" + STEP, 3, "for e in trange(7):\n" + STEP),
        ("e = 0\nwhile e < 3:\n    e += 1\n" + STEP, 3, "e = 0\nwhile e < 7:\n    e += 1\n" + STEP),
        ("e = 1\nwhile e <= 3:\n    e += 1\n" + STEP, 3, "e = 1\nwhile e <= 7:\n    e += 1\n" + STEP),
        (
            "for e in range(3):\n    for x in data:\n        loss.backward()\n",
            3,
            "for e in range(7):\n    for x in data:\n        loss.backward()\n",
        ),
        (
            "def step():\n    loss.backward()\ndef fit(n=3):\n    for e in range(n):\n        step()\nfit()\n",
            3,
            "def step():\n    loss.backward()\ndef fit(n=7):\n    for e in range(n):\n        step()\nfit()\n",
        ),
        (
            FOLDS.format(3),
            3,
            FOLDS.format(7),
        ),
    ],
)
def test_epochs(before: str, value: int, after: str) -> None:
    assert [each.value for each in of_kind("epochs", before)] == [value]
    assert changed("epochs", before, 7) == after


@pytest.mark.parametrize("text", ["loss.backward()\n", "while True:\n" + STEP, "for e in data:\n" + STEP, "x = 1\n"])
def test_programs_without_a_counting_loop_have_no_epochs(text: str) -> None:
    assert of_kind("epochs", text) == []


def test_an_unknown_number_of_epochs_can_be_set() -> None:
    text = "for e in range(count()):\n" + STEP
    assert [each.value for each in of_kind("epochs", text)] == [None]
    assert changed("epochs", text, 7) == "for e in range(7):\n" + STEP


LOADED = "for e in range(3):\n    for x in {}:\n        loss.backward()\n"


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        (
            "d = DataLoader(s, batch_size=16)\n" + LOADED.format("d"),
            16,
            "d = DataLoader(s, batch_size=7)\n" + LOADED.format("d"),
        ),
        ("d = DataLoader(s, 16)\n" + LOADED.format("tqdm(d)"), 16, "d = DataLoader(s, 7)\n" + LOADED.format("tqdm(d)")),
        (
            "d = DataLoader(s)\n" + LOADED.format("enumerate(d)"),
            1,
            "d = DataLoader(s, batch_size=7)\n" + LOADED.format("enumerate(d)"),
        ),
        (
            "t = DataLoader(s, 64)\nd = DataLoader(s, 16)\n" + LOADED.format("d"),
            16,
            "t = DataLoader(s, 64)\nd = DataLoader(s, 7)\n" + LOADED.format("d"),
        ),
        (
            "t = DataLoader(s, 64)\nd = DataLoader(s, 16, shuffle=True)\n" + LOADED.format("loaders['train']"),
            16,
            "t = DataLoader(s, 64)\nd = DataLoader(s, 7, shuffle=True)\n" + LOADED.format("loaders['train']"),
        ),
        (
            "for e in range(3):\n    for i in range(0, 80, 16):\n        f(x[i:i+16], y[i:i + 16]).backward()\n",
            16,
            "for e in range(3):\n    for i in range(0, 80, 7):\n        f(x[i:i+7], y[i:i + 7]).backward()\n",
        ),
        (
            "B = 16\nfor e in range(3):\n    for i in range(len(x) // B):\n        f(x[i * B:i * B + B]).backward()\n",
            16,
            "B = 7\nfor e in range(3):\n    for i in range(len(x) // B):\n        f(x[i * B:i * B + B]).backward()\n",
        ),
        (
            "for e in range(3):\n    for i in range(len(x) // 16):\n        f(x[i*16:(i + 1)*16]).backward()\n",
            16,
            "for e in range(3):\n    for i in range(len(x) // 7):\n        f(x[i*7:(i + 1)*7]).backward()\n",
        ),
        (
            "for e in range(3):\n    for i in torch.randperm(9).split(16):\n        f(x[i]).backward()\n",
            16,
            "for e in range(3):\n    for i in torch.randperm(9).split(7):\n        f(x[i]).backward()\n",
        ),
        (
            "for e in range(3):\n    for i in torch.split(p, 16):\n        f(x[i]).backward()\n",
            16,
            "for e in range(3):\n    for i in torch.split(p, 7):\n        f(x[i]).backward()\n",
        ),
    ],
)
def test_batch_sizes(before: str, value: int, after: str) -> None:
    assert [each.value for each in of_kind("batch-size", before)] == [value]
    assert changed("batch-size", before, 7) == after


def test_training_on_all_rows_at_once_has_no_batch_size() -> None:
    assert of_kind("batch-size", "for e in range(3):\n" + STEP) == []


@pytest.mark.parametrize("value", [0, -1, 2.5, True, "many"])
def test_counts_are_whole_numbers_above_zero(value: Value) -> None:
    with pytest.raises(Unchangeable, match="whole number"):
        changed("epochs", "for e in range(3):\n" + STEP, value)
