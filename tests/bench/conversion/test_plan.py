"""Cells are drawn the same way every time, and their faults lie apart from one another."""

import pytest

from bench.conversion.plan import cells
from bench.conversion.subjects import SUBJECTS

pytest.importorskip("onnxruntime")
pytest.importorskip("torch")
pytestmark = pytest.mark.torch

TINY = {"flattened": SUBJECTS["flattened"]}


def test_cells_have_keys_of_their_own_that_do_not_change():
    first, second = ([tuple(cell.key.values()) for cell in cells(TINY, 2)] for _ in range(2))
    assert first == second and len(set(first)) == len(first)
    assert any(not key[2] for key in first) and any(key[2] == "3 faults" for key in first)


def test_several_faults_touch_different_nodes():
    cell = next(cell for cell in cells(TINY, 1) if cell.count == 3)
    case = cell.case()
    assert case is not None and len(case.faults) == 3
    assert not any(one & other for at, one in enumerate(case.touched) for other in case.touched[:at])
