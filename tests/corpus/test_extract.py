import json

import pytest

from netmend.core.errors import UsageError
from netmend.corpus.clones import clones
from netmend.corpus.extract import Extract, extract
from netmend.corpus.licences import PERMISSIVE

NET = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)
    def forward(self, x):
        return self.layer(x)
"""
LOOP = """
from net import Net
import torch
net = Net()
optimizer = torch.optim.Adam(net.parameters())
for epoch in range(4):
    loss = torch.nn.functional.mse_loss(net(x), y)
    loss.backward()
    optimizer.step()
"""


@pytest.fixture
def read(clone_of, mit):
    return lambda files, licences=PERMISSIVE: extract(clones(clone_of("a+one", {"LICENSE": mit, **files}))[0], licences)


def test_scripts_and_notebooks_give_their_models(read, program):
    cells = [{"cell_type": "code", "source": program(epochs=7)}]
    notebook = json.dumps({"nbformat": 4, "metadata": {}, "cells": cells})
    found = read({"train.py": program(), "deep/learn.ipynb": notebook, "README.md": "model.compile("})
    assert found.licence == "MIT"
    assert found.counts["files"] == found.counts["programs"] == 2
    epochs = {token.value for each in found.examples for token in each.sequence.tokens if token.kind == "epochs"}
    assert epochs == {"5", "8"}, "of the grid 8 is nearest to 7"
    assert len({each.path for each in found.examples}) == 2


def test_local_modules_are_read_with_the_script_that_imports_them(read):
    (only,) = read({"net.py": NET, "train.py": LOOP}).examples
    assert only.sequence.framework == "torch"
    assert [token.value for token in only.sequence.tokens if token.kind == "layer"] == ["Dense"]


def test_what_cannot_be_read_is_counted(read):
    letter = "import keras\n" + "".join(f"model.compile( this is line {n}\n" for n in range(20))
    found = read({"a.py": letter, "b.py": "import keras\nmodel.compile(loss='mse')\n", "c.ipynb": b"{keras .compile("})
    assert found.counts["unread"] == 2
    assert found.counts["without layers"] == 1
    assert found.examples == ()


def test_tests_and_copies_of_other_peoples_code_are_passed_over(read, program):
    paths = ("tests/a.py", "test_b.py", "b_test.py", "venv/lib/site-packages/k.py", ".ipynb_checkpoints/a.py")
    assert read(dict.fromkeys(paths, program())).counts["files"] == 0


def test_a_clone_of_another_licence_is_not_read(read, program):
    found = read({"LICENSE": "All rights reserved", "train.py": program()})
    assert (found.licence, found.examples) == ("", ())
    assert len(read({"LICENSE": "", "train.py": program()}, None).examples) == 1, "all licences"


def test_what_is_kept_is_read_as_it_was_written(read, tmp_path, program):
    found = read({"train.py": program()})
    found.write(tmp_path / "e" / "one.jsonl")
    again = Extract.read(tmp_path / "e" / "one.jsonl")
    assert [each.line() for each in again.examples] == [each.line() for each in found.examples]
    assert (again.repository, again.commit, again.licence, again.counts) == (
        found.repository, found.commit, found.licence, found.counts,
    )  # fmt: skip
    (tmp_path / "two.jsonl").write_text("{}\n")
    with pytest.raises(UsageError, match="no extract"):
        Extract.read(tmp_path / "two.jsonl")
