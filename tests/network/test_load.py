"""A file's ending says its format, and what cannot be read is refused before anything is run."""

import sys

import numpy as np
import pytest

from netmend.core.errors import BrokenFile, EnvironmentFault, UnsupportedModel, UsageError
from netmend.network.backends._base import package
from netmend.network.load import SAVED_MODEL, digest, formats, load


def test_every_format_names_endings_of_its_own():
    endings = [suffix for each in formats().values() for suffix in each.suffixes]
    assert "onnx" in formats()
    assert len(set(endings)) == len(endings)
    # A SavedModel is a folder, known by a file in it.
    assert all(suffix.startswith(".") or suffix == SAVED_MODEL for suffix in endings)


def test_a_file_that_ends_as_the_one_in_a_saved_model_is_none(tmp_path):
    (tmp_path / "my_saved_model.pb").write_bytes(b"1")
    with pytest.raises(UnsupportedModel, match="not called saved_model"):
        load(tmp_path / "my_saved_model.pb")


def test_an_unknown_ending_is_refused_with_those_that_are_known(tmp_path):
    (tmp_path / "net.xyz").write_bytes(b"1")
    with pytest.raises(UnsupportedModel, match=r"\.onnx"):
        load(tmp_path / "net.xyz")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    (tmp_path / "folder.onnx").mkdir()
    for name in ("no.onnx", "folder.onnx"):
        with pytest.raises(BrokenFile, match="not a file"):
            load(tmp_path / name)


def test_a_file_that_is_cut_off_is_named(mlp_file):
    path = mlp_file()
    whole = path.read_bytes()
    for size in (10, len(whole) // 2, len(whole) - 3):
        path.write_bytes(whole[:size])
        with pytest.raises(BrokenFile) as raised:
            load(path)
        assert path.name in str(raised.value) and raised.value.hint


@pytest.mark.parametrize(("op", "sound"), [("tflite:SELECT_V2", True), ("tflite:ADD_N", False)])
def test_what_is_no_number_may_stand_where_a_choice_leaves_it_out_and_nowhere_else(tmp_path, op, sound):
    pytest.importorskip("ai_edge_litert")
    from netmend.network.backends._tflite_graph import OPSET
    from netmend.network.backends._tflite_rewrite import written
    from netmend.network.graph import Graph, Node, Signature

    chosen = np.array([True, False]) if sound else np.zeros(2, np.float32)
    held = {"chosen": chosen, "none": np.full(2, np.nan, np.float32)}
    ends = (Signature("x", (2,), "float32"),), (Signature("y", (2,), "float32"),)
    path = tmp_path / "net.tflite"
    path.write_bytes(written(Graph((Node("y", op, ("chosen", "x", "none"), ("y",)),), held, *ends, OPSET)))
    if sound:
        assert load(path).graph.constants["none"].shape == (2,)
    else:
        with pytest.raises(BrokenFile, match="2 numbers of none are NaN"):
            load(path)


def test_a_package_that_is_missing_is_named_with_how_to_get_it():
    with pytest.raises(EnvironmentFault, match=r"no_such_format is needed for such files(.|\n)*netmend\[conversion\]"):
        package("no_such_format", "such files")


@pytest.mark.parametrize(
    ("name", "extras"), [("torch", "[torch]"), ("h5py", "[torch,keras]"), ("keras", "[torch,keras]")]
)
def test_all_extras_that_a_format_needs_are_named_at_once(monkeypatch, name, extras):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(EnvironmentFault) as missing:
        package(name, "such files")
    assert f"netmend{extras}" in missing.value.hint


def test_formats_of_pytorch_name_the_extra_that_they_need(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    (tmp_path / "net.pt2").write_bytes(b"1")
    with pytest.raises(EnvironmentFault, match=r"torch is needed for PyTorch networks(.|\n)*netmend\[torch\]"):
        load(tmp_path / "net.pt2")


def test_an_architecture_for_a_file_that_holds_its_own_is_refused(mlp_file):
    with pytest.raises(UsageError, match="its own architecture"):
        load(mlp_file(), architecture="model.py:build")


def test_the_digest_of_a_file_is_that_of_its_network_and_exports_no_module_again(mlp_file, tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnxscript")
    from netmend.network.backends import torch as backend

    assert digest(mlp_file()) == load(mlp_file()).digest()
    module = torch.nn.Linear(3, 2)
    path = tmp_path / "net.pth"
    torch.save(module.state_dict(), path)
    whole = load(path, lambda: torch.nn.Linear(3, 2), np.zeros((2, 3), np.float32)).digest()
    monkeypatch.setattr(backend, "lowered", None)
    assert digest(path) == whole
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(BrokenFile):
        digest(path)
