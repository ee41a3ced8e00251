"""Dimensions, hulls, balls and regions of points whose shape is known."""

import numpy as np
import pytest

from netmend.repairs.weights.repair_set import concentration
from netmend.repairs.weights.repair_set.concentration import hull_vertices, measure

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_points_of_a_plane_have_two_dimensions(look_at, cloud):
    points = cloud(30, 2) @ cloud(2, 6, 1) + 3
    found = measure(look_at(points, np.zeros(30, int))).values
    assert found["affine dimension"] == 2
    shares = np.sort(np.linalg.eigvalsh(np.cov(points.T)))[-2:]
    shares = shares / shares.sum()
    assert np.isclose(found["effective rank"], np.exp(-np.sum(shares * np.log(shares))))


def test_equal_points_have_no_dimension(look_at):
    found = measure(look_at(np.ones((4, 3)), [0, 0, 0, 0])).values
    assert found["affine dimension"] == 0 and found["effective rank"] == 0 and found["hull vertices"] == 0


def test_hull_vertices_are_those_of_the_hull(cloud):
    from scipy.spatial import ConvexHull

    for width in (2, 3):
        points = cloud(60, width)
        assert hull_vertices(points) == len(ConvexHull(points).vertices)
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [0.5, 0], [0.5, 0.5], [1, 1]])
    assert hull_vertices(corners) == 3


def test_linear_programs_decide_what_directions_do_not(cloud, monkeypatch):
    points = cloud(40, 3)
    known = hull_vertices(points)
    # Far out in one direction: every random direction meets it, and the rest is left to the programs.
    stretched = np.concatenate([points, [[1e3, 1e3, 1e3]]])
    from scipy.spatial import ConvexHull

    assert hull_vertices(stretched) == len(ConvexHull(stretched).vertices) != known
    monkeypatch.setattr(concentration, "PROGRAMS", 3)
    assert hull_vertices(stretched) is None


def test_the_ball_ratio_is_relative_to_ordinary_neighbours(look_at, cloud):
    points, ordinary = cloud(20, 3), cloud(15, 3, 1)
    found = measure(look_at(points, np.zeros(20, int), reference_features=ordinary)).values["ball ratio"]
    nearest = [min(np.linalg.norm(a - b) for j, b in enumerate(ordinary) if j != i) for i, a in enumerate(ordinary)]
    far = np.quantile([np.linalg.norm(each - points.mean(axis=0)) for each in points], 0.95)
    assert np.isclose(found, far / np.mean(nearest))


def test_regions_are_different_sign_patterns(look_at, mlp, cloud):
    points = cloud(40, 4)
    w, b = (mlp.graph.constants[name].astype(float) for name in ("fc0.weight", "fc0.bias"))
    slow = {tuple(row > 0) for row in points.astype(np.float32).astype(float) @ w.T + b}
    found = measure(look_at(points, np.zeros(40, int), network=mlp)).values
    assert found["linear regions"] == len(slow) and found["points looked at for regions"] == 40


def test_a_network_that_takes_too_long_is_left_out_and_said_so(look_at, mlp, cloud, monkeypatch):
    from netmend.repairs.weights.repair_set import _evaluation

    look = look_at(cloud(40, 4), np.zeros(40, int), network=mlp)
    monkeypatch.setattr(_evaluation, "PRODUCTS", 42 * 20)
    assert measure(look).values["points looked at for regions"] == 20
    monkeypatch.setattr(_evaluation, "PRODUCTS", 42 * 9)
    assert "multiplications" in measure(look).skipped["linear regions"]
