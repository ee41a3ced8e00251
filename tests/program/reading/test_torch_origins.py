"""Tensors are followed to where they are made, however they come to be used."""

import pytest

from netmend.program.reading.bindings import Site
from netmend.program.reading.torch_origins import Origins
from netmend.program.reading.torch_program import reading_of
from netmend.program.source import Program

HEAD = """\
import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, Dataset, TensorDataset, random_split
from tqdm import tqdm
X, y = np.load("x.npy"), np.load("y.npy")
"""
LOADER = "loader = DataLoader(TensorDataset(torch.from_numpy(X), torch.tensor(y)), batch_size=8)\n"
OWN = """\
class Rows(Dataset):
    def __init__(self, x, y):
        self.x = {}
        self.y = y
    def __getitem__(self, index):
        return self.x[index], self.y[index]
for a, b in DataLoader(Rows(X, y)):
    USE(a)
"""


def origins(text):
    """What the arguments of all calls of USE are made by."""
    reading = reading_of(Program.from_text(HEAD + text))
    uses = [call for call in reading.bindings.calls if getattr(call.node.func, "id", "") == "USE"]
    assert uses
    return [site.text for site in Origins(reading).of(Site(call.file, call.node.args[0]) for call in uses)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("USE(torch.from_numpy(X))\n", ["torch.from_numpy(X)"]),
        ("t = torch.tensor(X)\nUSE(t)\n", ["torch.tensor(X)"]),
        ("X = torch.tensor(X)\nUSE(X[:100])\n", ["torch.tensor(X)"]),
        ("X = torch.tensor(X)\nX = X.to(device)\nUSE(X)\n", ["torch.tensor(X)"]),
        ("t = torch.tensor(X).float().view(-1, 1)\nUSE(t / 255)\n", ["torch.tensor(X).float()"]),
        ("X, y = torch.tensor(X), torch.tensor(y)\na, b, c, d = train_test_split(X, y)\nUSE(d)\n", ["torch.tensor(y)"]),
        ("a, b = train_test_split(X)\na, b = torch.tensor(a), torch.tensor(b)\nUSE(b)\n", ["torch.tensor(b)"]),
        (LOADER + "for a, b in loader:\n    a, b = a.cuda(), b.cuda()\n    USE(b)\n", ["torch.tensor(y)"]),
        (LOADER + "for i, (a, b) in enumerate(tqdm(loader)):\n    USE(a)\n", ["torch.from_numpy(X)"]),
        (LOADER + "for batch in loader:\n    a, b = batch\n    USE(b)\n", ["torch.tensor(y)"]),
        (LOADER + "for batch in loader:\n    USE(batch[0])\n", ["torch.from_numpy(X)"]),
        (LOADER + "a, b = next(iter(loader))\nUSE(a)\n", ["torch.from_numpy(X)"]),
        (LOADER + "def run(d):\n    for a, b in d:\n        USE(b)\nrun(loader)\nrun(loader)\n", ["torch.tensor(y)"]),
        ("data = TensorDataset(torch.tensor(X), y)\none, two = random_split(data, [8, 2])\n"
         "for a, b in DataLoader(two):\n    USE(a)\n", ["torch.tensor(X)"]),
        ("def loaders():\n    d = TensorDataset(torch.tensor(X), y)\n    return DataLoader(d), DataLoader(d)\n"
         "train, test = loaders()\nfor a, b in test:\n    USE(a)\n", ["torch.tensor(X)"]),
        ("for a, b in zip(torch.tensor(X), torch.tensor(y)):\n    USE(b)\n", ["torch.tensor(y)"]),
        (OWN.format("torch.tensor(x)"), ["torch.tensor(x)"]),
    ],
)  # fmt: skip
def test_a_use_is_followed_to_what_makes_the_tensor(text, expected):
    assert origins(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (OWN.format("x"), ["a"]),
        ("for a, b in batches():\n    USE(a)\n", ["a"]),
        ("for a, b in DataLoader(TensorDataset(load(), y)):\n    USE(a)\n", ["load()"]),
        ("t = t.to(device)\nUSE(t)\n", ["t"]),
    ],
)
def test_where_nothing_makes_a_tensor_it_is_the_use_itself(text, expected):
    assert origins(text) == expected


def test_training_and_evaluation_that_share_a_tensor_give_it_once():
    text = "X = torch.tensor(X)\nUSE(X[:80])\nUSE(X[80:])\nUSE(torch.tensor(y))\n"
    assert origins(text) == ["torch.tensor(X)", "torch.tensor(y)"]
