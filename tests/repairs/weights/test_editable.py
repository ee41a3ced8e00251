"""Which layers can be repaired, and what is said of the others."""

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.network.evaluate import run
from netmend.network.layers import normalisations
from netmend.repairs.weights.certify import Level, check_points
from netmend.repairs.weights.layer_choice._base import ranked
from netmend.repairs.weights.methods._base import Found
from netmend.repairs.weights.repairer import WeightRepairer
from netmend.repairs.weights.specification import Labels, Specification
from netmend.repairs.weights.subject import NetworkUnderRepair

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def draws(**shapes):
    random = np.random.default_rng(2)
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.fixture
def text(write_onnx):
    """Ids of two words looked up in a table, a layer, a layer normalisation, a mean over places, and a last layer."""
    constants = draws(**{"words.weight": (5, 4), "fc.weight": (4, 6), "norm.scale": (6,), "norm.shift": (6,)})
    constants |= draws(**{"last.weight": (6, 3), "last.bias": (3,)}) | {"places": np.array([1])}
    nodes = [
        ("Gather", ["words.weight", "x"], ["looked"]),
        ("MatMul", ["looked", "fc.weight"], ["z0"]),
        ("LayerNormalization", ["z0", "norm.scale", "norm.shift"], ["normal"], {"axis": -1, "epsilon": 1e-3}),
        ("ReduceMean", ["normal", "places"], ["mean"], {"keepdims": 0}),
        ("Gemm", ["mean", "last.weight", "last.bias"], ["y"]),
    ]
    return write_onnx(nodes, {"x": [None, 2]}, {"y": [None, 3]}, constants, integers=("x",))


@pytest.fixture
def zeros(write_onnx):
    """A layer between whose rows, two for each point, are all alike."""
    constants = draws(**{"fc.weight": (4, 4), "inner.weight": (2, 2), "last.weight": (4, 3)})
    constants |= {"pairs": np.array([-1, 2]), "whole": np.array([-1, 4]), "none": np.zeros(1, np.float32)}
    nodes = [
        ("MatMul", ["x", "fc.weight"], ["z0"]),
        ("Reshape", ["z0", "pairs"], ["rows"]),
        ("Mul", ["rows", "none"], ["alike"]),
        ("MatMul", ["alike", "inner.weight"], ["z1"]),
        ("Add", ["z1", "rows"], ["sum"]),
        ("Reshape", ["sum", "whole"], ["back"]),
        ("MatMul", ["back", "last.weight"], ["y"]),
    ]
    return write_onnx(nodes, {"x": [None, 4]}, {"y": [None, 3]}, constants)


def repairer(network, inputs, layer):
    labels = (network.run(inputs).argmax(axis=1) + 1) % 3
    specification = Specification(inputs, Labels(labels, 1e-3))
    return WeightRepairer(NetworkUnderRepair(network.path, network, specification, reference=inputs), layer=layer)


@pytest.mark.parametrize("norm", ["l2", "covariance"])
def test_scale_and_shift_of_a_layer_normalisation_are_repaired_when_they_are_named(text, norm):
    inputs = np.array([[0, 1], [3, 2]])
    asked = repairer(text, inputs, "norm.scale")
    asked.workshop.norm = norm
    (layer,) = ranked(asked._context(), "norm.scale").layers
    assert layer.kind == "scale" and layer.index == 2 and layer not in asked.workshop.layers
    answer = asked.workshop.repaired(layer).answer
    assert isinstance(answer, Found) and "norm.scale" in answer.change.changed
    assert "fc.weight" not in answer.change.changed and "last.weight" not in answer.change.changed
    specification = asked.subject.specification
    assert check_points(text, specification, Level.DEPLOYED, answer.change.changed).holds.all()
    after = run(text.graph.with_constants(answer.change.changed), {"x": inputs})["y"].argmax(axis=1)
    assert np.array_equal(after, specification.requirement.labels)


def test_a_normalisation_as_a_layer_of_groups_is_what_the_network_computes(text):
    import torch

    from netmend.repairs.weights.patches import patches_of

    (layer,) = normalisations(text.graph)
    every = run(text.graph, {"x": np.array([[0, 1], [3, 2], [4, 4]])})
    from netmend.network.evaluate import forward

    met = forward(text.graph, {"x": torch.tensor([[0, 1], [3, 2], [4, 4]])}, keep=["z0", "normal"])
    form = patches_of(text.graph, layer)
    matrix, shift = form.matrix(text.graph.constants["norm.scale"]), text.graph.constants["norm.shift"]
    made = np.einsum("npgd,god->npgo", form.unfold(met["z0"]).numpy(), matrix) + shift[:, None]
    assert np.allclose(made, form.positions(met["normal"]).numpy(), atol=1e-6) and len(every["y"]) == 3
    assert np.array_equal(form.weight(matrix), text.graph.constants["norm.scale"])


def test_an_embedding_is_refused_with_the_reason(text):
    context = repairer(text, np.array([[0, 1]]), "last")._context()
    with pytest.raises(UsageError, match="looked up"):
        ranked(context, "words")


def test_a_layer_whose_rows_cannot_be_told_apart_is_no_candidate_and_named_with_the_reason(zeros):
    asked = repairer(zeros, draws(x=(3, 4))["x"], "auto")
    assert [layer.name for layer in asked.workshop.layers] == ["fc", "last"]
    with pytest.raises(UsageError, match="belong to which point cannot be told"):
        ranked(asked._context(), "inner")
    assert {layer.name for layer in ranked(asked._context(), "auto").layers} == {"fc", "last"}


@pytest.mark.parametrize("norm", ["l2", "covariance"])
def test_layers_with_several_rows_a_point_are_repaired_wherever_the_points_are(frames, norm):
    inputs = draws(x=(4, 3, 2, 4, 4))["x"]
    asked = repairer(frames, inputs, "auto")
    asked.workshop.norm = norm
    assert [layer.name for layer in asked.workshop.layers] == ["conv", "fc", "late", "mixed", "last"]
    assert len(ranked(asked._context(), "auto").layers) == 5
    for layer in asked.workshop.layers:
        answer = asked.workshop.repaired(layer).answer
        assert isinstance(answer, Found) and layer.weight in answer.change.changed
        assert check_points(frames, asked.subject.specification, Level.DEPLOYED, answer.change.changed).holds.all()
        answers = frames.run(inputs, answer.change.changed).argmax(axis=1)
        assert np.array_equal(answers, asked.subject.specification.requirement.labels)


@pytest.mark.parametrize(("name", "own"), [("packed[0:3]", slice(0, 3)), ("packed[3:7]", slice(3, 7))])
def test_of_a_matrix_that_two_layers_read_only_the_part_of_one_is_changed(packed, name, own):
    asked = repairer(packed, draws(x=(3, 4))["x"], name)
    (layer,) = ranked(asked._context(), name).layers
    answer, stored = asked.workshop.repaired(layer).answer, packed.graph.constants["packed.weight"]
    assert isinstance(answer, Found)
    moved = np.any(answer.change.changed["packed.weight"] != stored, axis=1)
    assert moved[own].any() and not np.delete(moved, np.r_[own]).any()
    assert check_points(packed, asked.subject.specification, Level.DEPLOYED, answer.change.changed).holds.all()


@pytest.mark.parametrize("asked", ["words", "words.weight"])
def test_an_embedding_is_refused_with_its_reason_by_either_of_its_names(text, asked):
    with pytest.raises(UsageError, match="looked up and not multiplied"):
        ranked(repairer(text, np.array([[0, 1], [3, 2]]), asked)._context(), asked)
