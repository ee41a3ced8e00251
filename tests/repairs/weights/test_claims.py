"""What a certificate says is believed of no key: it is there, of its kind, and the same when computed again."""

import copy
import json

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.core.loop import Watcher
from netmend.repairs.weights import certificate
from netmend.repairs.weights.certify import Checked
from netmend.repairs.weights.claims import results_of, same_numbers
from netmend.repairs.weights.given import Options
from netmend.repairs.weights.study import repair_network

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.fixture
def handed(mlp, wrong, tmp_path):
    """The certificate of a repair by the Euclidean norm, with points to keep."""
    np.savez(tmp_path / "wrong.npz", x=wrong.inputs, y=wrong.requirement.labels)
    keep = np.random.default_rng(4).normal(size=(3, 4)).astype(np.float32)
    np.savez(tmp_path / "keep.npz", x=keep)
    options = Options(tmp_path / "wrong.npz", keep=tmp_path / "keep.npz", norm="l2")
    return repair_network(mlp.path, options, tmp_path / "out", Watcher()).certificate


def failed(path):
    return {check.name for check in certificate.validate(path) if not check.passed}


def put(page, keys, value):
    """A copy of nested dictionaries and lists with another value at one place."""
    page = copy.deepcopy(page)
    inner = page
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    return page


def places(page, before=()):
    """Every place in nested dictionaries and lists, but for numbers and words of single points after the first."""
    pairs = page.items() if isinstance(page, dict) else enumerate(page[:1]) if isinstance(page, list) else ()
    for key, value in pairs:
        yield (*before, key)
        yield from places(value, (*before, key))


@pytest.mark.parametrize(
    ("keys", "value", "by"),
    [
        (("results", "slack", 0), 99.0, "results"),
        (("results", "slack", 1), None, "results"),
        (("results", "error", 0), 0.0, "results"),
        (("results", "required", 0), 0.5, "results"),
        (("results", "deployed error", 2), 1e-30, "results"),
        (("results", "replayed slack", 0), 5.0, "results"),
        (("results", "shown by", 0), "rational", "results"),
        (("results", "covered by", 0), "exact", "results"),
        (("results", "exact slack"), ["1"] * 8, "results"),
        (("results", "slack"), [1.0], "results"),
        (("results", "keep", "slack", 0), 99.0, "results"),
        (("required",), "at least 5", "statement"),
        (("statement",), "everything is proved for all inputs", "statement"),
        (("proved",), False, "statement"),
        (("level",), "float64", "statement"),
        (("level",), "exact", "statement"),
        (("norm", "value"), 1e-9, "norm"),
        (("norm", "relative"), 0.0, "norm"),
        (("changed", 0, "numbers"), 1, "changed"),
        (("changed", 0, "tensor"), "fc7.weight", "changed"),
        (("changed", 0, "constant"), "fc7.weight", "unchanged rest"),
    ],
)
def test_what_is_not_so_is_not_valid(handed, keys, value, by):
    page = json.loads(handed.read_text())
    assert not failed(handed)
    handed.write_text(json.dumps(put(page, keys, value)))
    assert by in failed(handed)


def test_points_to_keep_cannot_be_left_out_of_the_numbers_or_made_up(handed):
    page = json.loads(handed.read_text())
    less = copy.deepcopy(page)
    del less["results"]["keep"]
    handed.write_text(json.dumps(less))
    assert failed(handed) == {"results"}


def test_every_key_is_needed_and_of_its_kind(handed):
    page = json.loads(handed.read_text())
    path = handed.parent / "other.json"
    every = [keys for keys in places(page) if keys not in ((), ("schema",))]
    assert len(every) > 50
    for keys in every:
        path.write_text(json.dumps(put(page, keys, {"what": "is this"})))
        with pytest.raises(UsageError):
            certificate.read(path)
        if isinstance(keys[-1], int) or keys == ("results", "keep"):
            continue
        less = copy.deepcopy(page)
        inner = less
        for key in keys[:-1]:
            inner = inner[key]
        del inner[keys[-1]]
        path.write_text(json.dumps(less))
        with pytest.raises(UsageError):
            certificate.read(path)


def test_what_is_not_shown_is_said(handed, mlp):
    said = {check.name: check.sentence for check in certificate.validate(handed)}
    assert said["not checked"] == "tool, layer"
    mlp.path.rename(mlp.path.parent / "moved.onnx")
    said = {check.name: check.sentence for check in certificate.validate(handed)}
    assert said["not checked"] == "tool, layer, changed, norm"


def test_rounding_of_another_machine_is_no_difference_and_another_bound_is():
    given = Checked(np.array([1.0, 2.0]), np.array([1e-15, np.inf]), np.array([0.1, 0.1]))
    stated = results_of(given)
    near = Checked(given.slack * (1 + 1e-9), given.error * 1.001, given.required)
    assert same_numbers(stated, near, runtime=True) == []
    far = Checked(given.slack * (1 + 1e-4), given.error * 2, given.required)
    assert same_numbers(stated, far, runtime=True) == ["slack", "error"]
    known = Checked(given.slack, np.array([1e-15, 1e-15]), given.required)
    assert "error" in same_numbers(stated, known, runtime=True)
