from pathlib import Path

import pytest

from netmend.core.errors import SubjectError, UsageError
from netmend.network.backends._source import built

DATACLASS = """
from __future__ import annotations
from dataclasses import dataclass

@dataclass(frozen=True, slots=True)
class Shape:
    width: int = 3

def build():
    return Shape()
"""


def test_a_file_may_define_dataclasses(tmp_path):
    (tmp_path / "model.py").write_text(DATACLASS)
    assert built(f"{tmp_path / 'model.py'}:build", Path("weights.pth")).width == 3


def test_a_file_may_import_its_neighbours(tmp_path):
    (tmp_path / "sizes_of_this_test.py").write_text("WIDTH = 4")
    (tmp_path / "model.py").write_text("from sizes_of_this_test import WIDTH\nbuild = lambda: WIDTH")
    assert built(f"{tmp_path / 'model.py'}:build", Path("weights.pth")) == 4


def test_a_file_that_fails_and_a_missing_callable_are_named(tmp_path):
    (tmp_path / "broken.py").write_text("1 / 0")
    with pytest.raises(SubjectError, match=r"broken\.py cannot be imported: ZeroDivisionError"):
        built(f"{tmp_path / 'broken.py'}:build", Path("weights.pth"))
    (tmp_path / "model.py").write_text("build = 3")
    with pytest.raises(UsageError, match="no callable 'build'"):
        built(f"{tmp_path / 'model.py'}:build", Path("weights.pth"))
