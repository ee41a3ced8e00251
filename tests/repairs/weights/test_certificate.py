"""Certificates: what is written can be shown again, and what is tampered with cannot."""

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.network.load import load
from netmend.repairs.weights import certificate
from netmend.repairs.weights.certify import Level, check_points
from netmend.repairs.weights.layer_repair import Workshop
from netmend.repairs.weights.subject import NetworkUnderRepair

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.fixture(params=list(Level))
def handed(mlp, wrong, tmp_path, request):
    """A folder with a repaired network, its certificate and its points."""
    subject = NetworkUnderRepair(mlp.path, mlp, wrong, level=request.param)
    makes = Workshop(subject, "l2", "linearise-solve-verify", lambda said: None)
    change = makes.repaired(makes.layers[0]).answer.change
    folder = tmp_path / "out"
    folder.mkdir()
    change.write(folder)
    checked = check_points(mlp, wrong, request.param, change.changed)
    page, arrays = certificate.certificate(
        change, mlp.path, folder / "repaired.onnx", wrong, checked, level=request.param, keep=wrong, kept=checked
    )
    return certificate.write(folder, page, arrays)


def failed(path, **options):
    return [check.name for check in certificate.validate(path, **options) if not check.passed]


def test_what_was_written_is_valid_wherever_the_folder_lies(handed, tmp_path):
    assert failed(handed) == []
    shutil.copytree(handed.parent, tmp_path / "elsewhere" / "deep")
    checks = certificate.validate(tmp_path / "elsewhere" / "deep" / "certificate.json")
    assert all(check.passed for check in checks)
    assert any("not compared" in check.sentence for check in checks)


def test_a_network_that_does_not_meet_the_requirement_is_not_valid(handed, mlp):
    assert "requirement" in failed(handed, network=mlp.path)


def test_a_changed_byte_of_the_network_is_seen(handed):
    network = handed.parent / "repaired.onnx"
    data = bytearray(network.read_bytes())
    data[load(network).stored["fc1.bias"].runs[0][0]] ^= 1
    network.write_bytes(bytes(data))
    assert "network" in failed(handed)


def test_another_tensor_changed_is_seen_even_with_the_hash_rewritten(handed, mlp):
    page = json.loads(handed.read_text())
    page["changed"] = page["changed"][1:]
    handed.write_text(json.dumps(page))
    assert failed(handed) == ["unchanged rest"]


def test_other_points_are_refused(handed):
    points = handed.parent / "points.npz"
    arrays = dict(np.load(points))
    arrays["labels"] = arrays["labels"][::-1]
    np.savez(points, **arrays)
    with pytest.raises(UsageError, match="not those of the certificate"):
        certificate.validate(handed)


def test_points_come_back(handed, wrong):
    mended, kept = certificate.points_of(handed)
    assert np.array_equal(mended.requirement.labels, wrong.requirement.labels)
    assert mended.digest() == wrong.digest() == kept.digest()


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"format": "other", "schema": 1}', '{"format": "netmend-certificate"}']
)
def test_files_that_are_no_certificates_are_refused(tmp_path, text):
    (tmp_path / "certificate.json").write_text(text)
    with pytest.raises(UsageError, match="not a certificate"):
        certificate.read(tmp_path / "certificate.json")


def test_files_outside_the_folder_are_refused(handed):
    page = json.loads(handed.read_text())
    page["points"]["file"] = "/etc/passwd"
    handed.write_text(json.dumps(page))
    with pytest.raises(UsageError, match="not beside it"):
        certificate.read(handed)


@pytest.mark.parametrize("file", ["../../net.onnx", "..", "", "."])
def test_networks_that_do_not_lie_beside_the_certificate_are_refused(handed, file):
    page = json.loads(handed.read_text())
    handed.write_text(json.dumps({**page, "after": {**page["after"], "file": file}}))
    with pytest.raises(UsageError, match=r"after\.file is not beside it"):
        certificate.read(handed)


def test_other_nodes_or_tensors_than_before_are_named(handed, mlp_file):
    page = json.loads(handed.read_text())
    other = load(mlp_file("Sigmoid", "other.onnx"))
    (check,) = certificate._compared(page, handed, other, "", None)
    assert not check.passed and check.sentence.startswith("the nodes are others")
    less = {name: value for name, value in other.graph.constants.items() if name != "fc0.bias"}
    (check,) = certificate._compared(
        page, handed, SimpleNamespace(graph=replace(other.graph, constants=less)), "", None
    )
    assert not check.passed and check.sentence.endswith("only one of the networks has fc0.bias")


def test_a_program_that_a_certificate_names_is_not_executed_unasked(handed, tmp_path):
    (tmp_path / "model.py").write_text("raise AssertionError('executed')")
    page = json.loads(handed.read_text())
    handed.write_text(json.dumps({**page, "architecture": f"{tmp_path / 'model.py'}:net"}))
    with pytest.raises(UsageError, match="a program that is executed only if you name it"):
        certificate.validate(handed)


def test_newer_certificates_are_for_newer_versions(handed):
    page = json.loads(handed.read_text()) | {"schema": 99}
    handed.write_text(json.dumps(page))
    with pytest.raises(UsageError, match="newer than"):
        certificate.read(handed)
