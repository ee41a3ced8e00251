"""What is asked for is checked before anything is converted."""

import pytest

from netmend.convert.given import asked_of
from netmend.core.errors import BrokenFile, UsageError

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_a_file_that_is_there_is_never_overwritten(tmp_path):
    (tmp_path / "net.onnx").write_text("mine")
    with pytest.raises(UsageError, match="nothing is overwritten"):
        asked_of(tmp_path / "net.pt2", tmp_path / "net.onnx", python=None)


def test_a_shape_must_be_numbers_and_a_source_must_be_there(tmp_path):
    with pytest.raises(UsageError, match="1,3,224,224"):
        asked_of(tmp_path / "net.pt", tmp_path / "net.onnx", shape="1,x", python=None)
    with pytest.raises(BrokenFile, match="is not a file"):
        asked_of(tmp_path / "net.pt2", tmp_path / "net.onnx", python=None)


def test_the_folder_of_the_result_must_be_there(tmp_path):
    with pytest.raises(UsageError, match=r"there is no folder .*away"):
        asked_of(tmp_path / "net.pt2", tmp_path / "away" / "net.onnx", python=None)
