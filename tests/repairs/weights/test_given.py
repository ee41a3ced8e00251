"""What the user gave is read, or refused with what is wrong, before anything is computed."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.core.loop import Watcher
from netmend.network.load import load
from netmend.repairs.weights import given
from netmend.repairs.weights.certify import Level
from netmend.repairs.weights.given import Options, read_subject
from netmend.repairs.weights.study import repair_network

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("arrays", "options", "said"),
    [
        ({"y": [0] * 7}, {}, "one label for each of the 8 points"),
        ({"y": [0, 1, 2, 3, 0, 1, 2, 0]}, {}, "3 at point 3"),
        ({}, {}, "nothing is required"),
        ({"y": [0] * 8}, {"margin": 0.0}, "above zero"),
        ({"y": [0] * 8}, {"margin": float("nan")}, "must be zero or more"),
        ({"low": np.ones((8, 3)), "high": np.zeros((8, 3))}, {}, "low is above high"),
        ({"a": np.ones((1, 4)), "b": np.ones(1)}, {}, "on 4 outputs, and the network has 3"),
        ({"y": [0] * 8}, {"norm": "covariance"}, "needs ordinary inputs"),
        ({"y": [0] * 8}, {"norm": "l5"}, "no norm called"),
        ({"y": [0] * 8}, {"layer": "fc7"}, "no layer"),
        ({"y": [0] * 8}, {"method": "magic"}, "no method called"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(mlp, points, tmp_path, arrays, options, said):
    np.savez(tmp_path / "set.npz", x=points, **{name: np.asarray(value) for name, value in arrays.items()})
    with pytest.raises(UsageError) as raised:
        repair_network(mlp.path, Options(tmp_path / "set.npz", **options), tmp_path / "out", Watcher())
    assert said in str(raised.value) and not (tmp_path / "out").exists()


def test_contradictory_points_are_named(mlp, points, tmp_path):
    twice = np.concatenate([points, points[3:4]])
    labels = [0] * 8 + [1]
    np.savez(tmp_path / "set.npz", x=twice, y=labels)
    with pytest.raises(UsageError, match="points 3 and 8"):
        read_subject(mlp.path, Options(tmp_path / "set.npz"))


def test_what_overlaps_or_repeats_is_told(mlp, points, tmp_path):
    labels = mlp.run(points).argmax(axis=1)
    np.savez(tmp_path / "set.npz", x=np.concatenate([points, points[:1]]), y=[*labels, labels[0]])
    np.savez(tmp_path / "held.npz", x=points, y=labels)
    _, said = read_subject(mlp.path, Options(tmp_path / "set.npz", held_out=tmp_path / "held.npz"))
    assert "1 points" in said[0] and "8 of the held-out inputs are also in the repair set" in said[1]


@pytest.fixture
def pictures(tmp_path):
    """A folder with a black picture in each of some folders, and a network of three classes that reads it."""
    image = pytest.importorskip("PIL.Image")

    def write(name, *folders):
        for each in folders:
            (tmp_path / name / each).mkdir(parents=True)
            image.new("RGB", (2, 2)).save(tmp_path / name / each / "one.png")
        return tmp_path / name

    return write


@pytest.fixture
def sighted(write_onnx):
    """A network that takes pictures and has three classes."""
    weight = np.random.default_rng(0).normal(size=(12, 3))
    nodes = [("Flatten", ["x"], ["flat"]), ("MatMul", ["flat", "weight"], ["y"])]
    return write_onnx(nodes, {"x": [None, 3, 2, 2]}, {"y": [None, 3]}, {"weight": weight})


@pytest.mark.parametrize("role", ["repair_set", "held_out", "generalisation", "keep"])
def test_names_of_folders_say_a_class_only_if_all_classes_are_there(sighted, pictures, role):
    options = {"repair_set": pictures("right", "0")} | {role: pictures("few", "eight", "one")}
    with pytest.raises(UsageError, match="2 named folders and 3 classes") as refused:
        read_subject(sighted.path, Options(**options))
    assert refused.value.where.endswith("few") and "0 to 2" in refused.value.hint


def test_the_classes_that_names_of_folders_stand_for_are_told(sighted, pictures, tmp_path):
    folder = pictures("named", "two", "one")
    (folder / "zero").mkdir()
    (folder / ".ipynb_checkpoints").mkdir()
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (2, 2), (255, 0, 0)).save(folder / "two" / "one.png")
    subject, said = read_subject(sighted.path, Options(folder))
    assert subject.specification.requirement.labels.tolist() == [0, 1]
    assert [line for line in said if line.startswith("Classes")] == [
        f"Classes are the folders of {folder} in alphabetical order: 0 is one, 1 is two, 2 is zero."
    ]


def test_what_held_out_inputs_say_of_their_outputs_is_read_as_what_the_repair_set_says(mlp, points, tmp_path):
    outputs = mlp.run(points)
    ends = {"low": outputs - 1, "high": outputs + 1}
    conditions = {"a": np.eye(3)[:1], "b": np.zeros(1)}
    np.savez(tmp_path / "set.npz", x=points, **ends)
    np.savez(tmp_path / "classes.npz", x=points, y=outputs.argmax(axis=1))
    for name, arrays in (("ends", ends), ("conditions", conditions), ("nothing", {})):
        np.savez(tmp_path / f"{name}.npz", x=points + 1, **arrays)
    read = {}
    for wanted, held in (("set", "ends"), ("set", "conditions"), ("set", "nothing"), ("classes", "nothing")):
        options = Options(tmp_path / f"{wanted}.npz", held_out=tmp_path / f"{held}.npz")
        read[wanted, held] = read_subject(mlp.path, options)[0].held_out
    assert np.array_equal(read["set", "ends"].requirement.high, ends["high"])
    assert np.array_equal(read["set", "conditions"].requirement.a, conditions["a"])
    assert read["set", "nothing"].requirement is None and not read["set", "nothing"].classified
    assert read["classes", "nothing"].classified


def test_a_method_with_a_norm_of_its_own_takes_it_unless_another_is_asked_for(mlp, wrong, tmp_path):
    np.savez(tmp_path / "set.npz", x=wrong.inputs, y=wrong.requirement.labels)
    np.savez(tmp_path / "reference.npz", x=wrong.inputs)
    found = repair_network(mlp.path, Options(tmp_path / "set.npz", method="aprnn"), tmp_path / "out", Watcher())
    assert found.repair.confirmed.patch.metric == "l1-linf" and found.repair.confirmed.verdict.accepted
    options = Options(tmp_path / "set.npz", method="aprnn", reference=tmp_path / "reference.npz")
    subject, _ = read_subject(mlp.path, options)
    assert given.norm_of(options, subject) == "l1-linf"
    assert given.norm_of(replace(options, method="linearise-solve-verify"), subject) == "covariance"
    with pytest.raises(UsageError, match="aprnn cannot minimise l2"):
        repair_network(mlp.path, Options(tmp_path / "set.npz", method="aprnn", norm="l2"), tmp_path / "o", Watcher())


def test_a_harm_budget_without_held_out_inputs_is_refused(mlp, points, tmp_path):
    np.savez(tmp_path / "set.npz", x=points, y=[0] * 8)
    with pytest.raises(UsageError, match="none are given"):
        read_subject(mlp.path, Options(tmp_path / "set.npz", harm=0.01))


def test_the_command_can_be_said_again(tmp_path):
    options = Options(tmp_path / "a b.npz", layer="fc0", harm=0.015, level=Level.EXACT, keep_certificates=(tmp_path,))
    words = given.words(options)
    assert words[4:6] == ["--layer", "fc0"] and "1.5%" in words and "exact" in words and "--norm" not in words


def test_own_answers_of_a_sigmoid_are_kept_as_they_are(sigmoid_file, points, tmp_path):
    path = sigmoid_file()
    own = (load(path).run(points)[:, 0] > 0.5).astype(int)
    np.savez(tmp_path / "set.npz", x=points + 1, y=own)
    np.savez(tmp_path / "keep.npz", x=points)
    subject, said = read_subject(path, Options(tmp_path / "set.npz", keep=tmp_path / "keep.npz"))
    assert subject.keep.requirement.labels.tolist() == own.tolist() and not said and set(own) == {0, 1}
