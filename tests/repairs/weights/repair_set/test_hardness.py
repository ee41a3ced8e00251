"""Deficits, and gradients in conflict, against gradients written out."""

import numpy as np
import pytest

from netmend.repairs.weights.repair_set._base import Look
from netmend.repairs.weights.repair_set.hardness import kernel_of, measure
from netmend.repairs.weights.specification import Labels, Specification

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.fixture
def look_through(mlp):
    """A look at points through the network."""

    def make(inputs, labels, **more):
        inputs = np.asarray(inputs, np.float32)
        specification = Specification(inputs, Labels(np.asarray(labels), 1e-3))
        outputs = mlp.run(inputs).astype(float)
        slack = specification.requirement.slack(outputs) - 1e-3
        return Look(specification, slack, outputs, inputs.astype(float), network=mlp, output="z1", **more)

    return make


def test_deficits_are_those_of_violated_points(look_through, points, mlp):
    look = look_through(points, (mlp.run(points).argmax(axis=1) + 1) % 3)
    found = measure(look).values
    missing = []
    for row, label in zip(look.outputs, look.specification.requirement.labels, strict=True):
        missing.append(1e-3 - (row[label] - max(value for at, value in enumerate(row) if at != label)))
    assert np.isclose(found["mean deficit"], np.mean(missing)) and np.isclose(found["largest deficit"], max(missing))


def test_the_kernel_holds_inner_products_of_gradients(look_through, points, mlp):
    labels = (mlp.run(points).argmax(axis=1) + 1) % 3
    look = look_through(points, labels)
    kernel, demand, at = kernel_of(look, np.arange(8))
    w0, b0 = (mlp.graph.constants[name].astype(float) for name in ("fc0.weight", "fc0.bias"))
    gradients = []
    for point in at:
        hidden = np.maximum(w0 @ points[point].astype(float) + b0, 0)
        values, wanted = look.outputs[point], labels[point]
        rival = max((each for each in range(3) if each != wanted), key=lambda each: values[each])
        pull = np.eye(3)[wanted] - np.eye(3)[rival]
        gradients.append(np.outer(pull, np.append(hidden, 1)).ravel())
    assert np.allclose(kernel, np.array(gradients) @ np.array(gradients).T)
    assert np.allclose(demand, -look.slack, atol=1e-5)
    found = measure(look).values
    eigenvalues = np.linalg.eigvalsh(np.array(gradients) @ np.array(gradients).T)
    assert np.isclose(found["smallest eigenvalue"], max(eigenvalues[0], 0) / eigenvalues[-1], atol=1e-9)
    assert 0 < found["active fraction"] <= 1


def test_two_nearly_equal_points_with_different_classes_pull_in_opposite_directions(look_through, points, mlp):
    right = int(mlp.run(points[:1]).argmax())
    others = [each for each in range(3) if each != right]
    # The rival of one must be the wanted class of the other, so only two classes are in play.
    values = mlp.run(points[:1])[0]
    second = max(others, key=lambda each: values[each])
    low = min(others, key=lambda each: values[each])
    look = look_through([points[0], points[0] + 1e-4], [second, low])
    cosine = measure(look).values["smallest cosine of contradicting points"]
    pulls = np.eye(3)[[second, low]] - np.eye(3)[right]
    assert np.isclose(cosine, pulls[0] @ pulls[1] / 2, atol=1e-3) and not measure(look).findings


def test_opposite_gradients_are_named(look_at, chain_of_two, points):
    inputs = np.array([[1, 0], [1, 1e-3]], np.float32)
    specification = Specification(inputs, Labels(np.array([0, 1]), 1.0))
    outputs = chain_of_two.run(inputs).astype(float)
    slack = specification.requirement.slack(outputs) - 1.0
    look = Look(specification, slack, outputs, inputs.astype(float), network=chain_of_two, output="y")
    (finding,) = measure(look).findings
    assert finding.name == "opposite-gradients" and set(finding.places) == {"point 0", "point 1"}
    assert finding.measured < -0.99


@pytest.fixture
def chain_of_two(write_onnx):
    nodes = [("Gemm", ["x", "w", "b"], ["y"], {"transB": 1})]
    return write_onnx(nodes, {"x": [None, 2]}, {"y": [None, 2]}, {"w": np.eye(2) * 0.1, "b": np.zeros(2)})


def test_without_violated_points_nothing_is_hard(look_through, points, mlp):
    found = measure(look_through(points, mlp.run(points).argmax(axis=1)))
    assert found.values == {"mean deficit": 0.0, "largest deficit": 0.0}


def test_without_a_network_conflicts_are_left_out_and_said_so(look_at, points):
    found = measure(look_at(points, np.zeros(8, int)))
    assert "condition number" in found.skipped and "mean deficit" in found.values
