"""Regions repaired as a whole: everywhere between the vertices, by the least change that holds every sign."""

import numpy as np
import pytest
from scipy.optimize import minimize

from netmend.core.errors import UnsupportedModel, UsageError
from netmend.network.layers import linear_layers
from netmend.network.load import load
from netmend.repairs.weights.certify import Level, check_points
from netmend.repairs.weights.layer_repair import Workshop
from netmend.repairs.weights.method_choice import method_for
from netmend.repairs.weights.methods._base import Found, Infeasible, Limits, NotFound, Problem, TimedOut
from netmend.repairs.weights.methods.polytopes import propose
from netmend.repairs.weights.metric import Metric
from netmend.repairs.weights.specification import Labels, Specification
from netmend.repairs.weights.subject import NetworkUnderRepair

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def quiet(said):
    assert said


@pytest.fixture
def triangles(mlp):
    """Two triangles, each with one wanted class, which is wrong in at least part of it."""
    random = np.random.default_rng(4)
    middles = random.normal(size=(2, 4))
    corners = np.concatenate([middle + 0.6 * random.normal(size=(3, 4)) for middle in middles]).astype(np.float32)
    classes = mlp.run(corners).argmax(axis=1)
    labels = np.repeat([(classes[0] + 1) % 3, classes[3]], 3)
    return Specification(corners, Labels(labels, 1e-3), (range(3), range(3, 6)))


def problem(network, specification, layer=0, metric="l2", output="z1", **options):
    required = np.full(len(specification), specification.requirement.margin)
    chosen = linear_layers(network.graph)[layer]
    return Problem(network, specification, chosen, Metric(metric), output, required, **options)


def inside(corners, many, seed):
    weights = np.random.default_rng(seed).dirichlet(np.ones(len(corners)), many)
    return (weights @ corners).astype(np.float32)


@pytest.mark.parametrize("metric", ["l2", "l1-linf"])
def test_every_point_between_the_vertices_gets_the_class(mlp, triangles, metric):
    found = propose(problem(mlp, triangles, metric=metric), quiet)
    assert isinstance(found, Found)
    for number, region in enumerate(triangles.polytopes):
        within = inside(triangles.inputs[region.start : region.stop].astype(np.float64), 500, number)
        answers = mlp.run(within, found.change.changed).argmax(axis=1)
        assert np.all(answers == triangles.requirement.labels[region.start])
    assert check_points(mlp, triangles, Level.FLOAT64, found.change.changed).regions == 2
    assert check_points(mlp, triangles, Level.FLOAT64).regions < 2


def test_the_change_is_the_least_that_holds_the_signs_by_a_general_solver(mlp, triangles):
    found = propose(problem(mlp, triangles), quiet)
    corners = np.concatenate([triangles.inputs.astype(np.float64), np.ones((6, 1))], axis=1)
    first = np.concatenate([mlp.graph.constants["fc0.weight"], mlp.graph.constants["fc0.bias"][:, None]], axis=1)
    last, bias = (mlp.graph.constants[name].astype(np.float64) for name in ("fc1.weight", "fc1.bias"))
    middle = np.repeat(corners.reshape(2, 3, 5).mean(axis=1) @ first.T.astype(np.float64) >= 0, 3, axis=0)
    labels = triangles.requirement.labels
    # What the method aims at: half again of every slack, a share of the largest input for signs.
    clear = 1.5e-5 * np.abs(corners @ first.T).max()

    def slack(flat):
        hidden = corners @ (first + flat[:30].reshape(6, 5)).T
        outputs = (hidden * middle) @ last.T + bias + flat[30:]
        wins = [outputs[range(6), labels] - outputs[range(6), (labels + k) % 3] - 1.5e-3 for k in (1, 2)]
        return np.concatenate([*wins, (np.where(middle, hidden, -hidden) - clear).ravel()])

    best = minimize(
        lambda flat: flat @ flat,
        np.zeros(33),
        jac=lambda flat: 2 * flat,
        method="SLSQP",
        constraints={"type": "ineq", "fun": slack},
        options={"ftol": 1e-13, "maxiter": 1000},
    )
    assert best.success and np.isclose(found.change.norm, np.sqrt(best.fun), rtol=1e-3)


def test_points_to_keep_are_kept(mlp, triangles):
    others = np.random.default_rng(5).normal(size=(6, 4)).astype(np.float32)
    classes = mlp.run(others).argmax(axis=1)
    clear = np.flatnonzero(Labels(classes).slack(mlp.run(others).astype(np.float64)) > 1e-3)
    keep = Specification(others[clear], Labels(classes[clear], 1e-4))
    found = propose(problem(mlp, triangles, keep=keep, kept=np.full(len(clear), 1e-4)), quiet)
    assert isinstance(found, Found)
    assert np.array_equal(mlp.run(keep.inputs, found.change.changed).argmax(axis=1), classes[clear])


def test_a_region_bent_before_the_layer_is_not_repaired_there(mlp, triangles):
    assert check_points(mlp, triangles, Level.FLOAT64).straight is not None
    wide = Specification(10 * triangles.inputs, triangles.requirement, triangles.polytopes)
    answer = propose(problem(mlp, wide, layer=1), quiet)
    assert isinstance(answer, NotFound) and "bent before this layer" in answer.why


def test_two_classes_in_one_region_are_infeasible_where_they_contradict(mlp):
    corners = np.array([[1.0, 0, 0, 0], [1.0, 0, 0, 0]], np.float32)
    specification = Specification(corners, Labels(np.array([0, 1]), 1e-3), (range(2),))
    answer = propose(problem(mlp, specification), quiet)
    assert isinstance(answer, Infeasible) and not answer.proof and answer.points == (0, 1)


def test_no_time_is_an_answer_of_its_own(mlp, triangles):
    assert isinstance(propose(problem(mlp, triangles, limits=Limits(seconds=0.0)), quiet), TimedOut)


def test_regions_lead_here_by_default_and_other_methods_refuse_them(mlp, mlp_file, triangles):
    assert method_for("linearise-solve-verify", triangles) == "polytopes"
    with pytest.raises(UsageError, match="repairs points"):
        method_for("aprnn", triangles)
    subject = NetworkUnderRepair(mlp.path, mlp, triangles)
    shop = Workshop(subject, "l2", "linearise-solve-verify", lambda said: None)
    attempt = shop.repaired(shop.layers[0])
    assert attempt.checked.regions == 2 and attempt.checked.holds.all()
    curved = load(mlp_file("Tanh"))
    with pytest.raises(UnsupportedModel, match="Tanh"):
        Workshop(NetworkUnderRepair(curved.path, curved, triangles), "l2", "linearise-solve-verify", quiet)


@pytest.mark.parametrize("layers", ["3_100", "9_200"])
def test_a_rotated_digit_on_a_real_network_is_mended_at_every_angle(real, layers):
    from scipy.ndimage import rotate

    network = load(real(f"models/mnist_relu_{layers}.onnx"))
    fog = np.load(real("mnist/mnist_fog_test.npz"))
    image = fog["x_test"][np.flatnonzero(fog["y_test"] == 8)[0]] / 255
    turned = np.array([rotate(image, angle, reshape=False, order=1).ravel() for angle in np.linspace(-30, 30, 7)])
    turned = turned.reshape(7, *network.graph.inputs[0].shape[1:]).astype(np.float32)
    specification = Specification(turned, Labels(np.full(7, 8), 1e-3), (range(7),))
    found = propose(problem(network, specification, output=network.graph.outputs[0].name), quiet)
    checked = check_points(network, specification, Level.FLOAT64, found.change.changed)
    assert checked.regions == 1
    between = inside(turned.reshape(7, -1), 500, 0).reshape(500, *turned.shape[1:])
    assert np.all(network.run(between, found.change.changed).argmax(axis=1) == 8)
