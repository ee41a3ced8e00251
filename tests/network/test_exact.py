"""Exact answers are those of fractions written out, and never round."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from netmend.core.errors import UnsupportedModel
from netmend.network.evaluate import run
from netmend.network.exact import Exact, evaluate_exactly, inexact
from netmend.network.graph import Graph, Node, Signature

random = np.random.default_rng(11)


def fractions(value):
    return [Fraction(each) for each in np.asarray(value, np.float64).reshape(-1).tolist()]


def written_out(exact):
    return [each * exact.scale for each in exact.numbers.reshape(-1)]


@pytest.mark.parametrize(
    "value",
    [
        np.array([0.1, -3.7e-30, 2.5e20, 0.0]),
        np.array([5e-324, 1.0]),
        np.array([1 / 3, 2 / 3], np.float32),
        np.array(0.5, np.float16),
        np.array([[3, -4]], np.int64),
        np.zeros(3),
    ],
)
def test_an_array_becomes_the_very_numbers_it_holds(value):
    assert written_out(Exact.of(value)) == fractions(value)
    assert np.array_equal(Exact.of(value).rounded(), value)


def one(op, attributes, *values):
    names = tuple(f"x{place}" for place in range(len(values)))
    inputs = tuple(Signature(name, value.shape, "float64") for name, value in zip(names, values, strict=True))
    graph = Graph((Node(op, op, names, ("y",), attributes),), {}, inputs, (Signature("y", (), "float64"),), 18)
    return graph, dict(zip(names, values, strict=True))


IMAGE, ROWS = random.normal(size=(2, 4, 6, 5)), random.normal(size=(3, 4))


@pytest.mark.parametrize(
    ("op", "attributes", "values"),
    [
        ("Gemm", {"transB": 1, "alpha": 0.3}, [ROWS, random.normal(size=(2, 4)), random.normal(size=2)]),
        ("Gemm", {"transA": 1, "beta": -2.0}, [ROWS, random.normal(size=(3, 2)), random.normal(size=(1, 2))]),
        ("MatMul", {}, [ROWS, random.normal(size=(4, 2))]),
        ("Add", {}, [ROWS, random.normal(size=4)]),
        ("Sub", {}, [ROWS, random.normal(size=(3, 1))]),
        ("Mul", {}, [ROWS, random.normal(size=4)]),
        ("Div", {}, [ROWS, random.normal(size=4)]),
        ("Neg", {}, [ROWS]),
        ("Relu", {}, [ROWS]),
        ("Clip", {}, [ROWS, np.array(-0.5), np.array(0.25)]),
        ("Max", {}, [ROWS, random.normal(size=4), ROWS / 2]),
        ("Min", {}, [ROWS, random.normal(size=4)]),
        ("Conv", {"pads": [1, 0, 2, 1], "strides": [2, 1]}, [IMAGE, random.normal(size=(3, 4, 3, 2)), ROWS[:, 0]]),
        ("Conv", {"group": 2, "dilations": [1, 2]}, [IMAGE, random.normal(size=(4, 2, 2, 2))]),
        ("MaxPool", {"kernel_shape": [2, 3], "strides": [2, 2], "pads": [1, 1, 0, 1]}, [IMAGE]),
        ("Flatten", {}, [IMAGE]),
        ("Reshape", {}, [IMAGE, np.array([0, -1, 5])]),
        ("Transpose", {"perm": [0, 2, 3, 1]}, [IMAGE]),
        ("Identity", {}, [ROWS]),
    ],
)
def test_an_operator_is_exact_where_float64_is_nearly(op, attributes, values):
    graph, feeds = one(op, attributes, *values)
    exact = evaluate_exactly(graph, feeds)["y"].rounded()
    rounded = run(graph, feeds)["y"]
    assert exact.shape == rounded.shape
    np.testing.assert_allclose(rounded, exact, rtol=0, atol=1e-14)


def test_products_with_a_scalar_do_not_overflow():
    graph, feeds = one("Mul", {}, np.array([1 / 3, -1 / 7]), np.array(1 / 3))
    answer = written_out(evaluate_exactly(graph, feeds)["y"])
    assert answer == [Fraction(1 / 3) ** 2, Fraction(-1 / 7) * Fraction(1 / 3)]


def test_sums_that_cancel_in_floating_point_do_not_here():
    graph, feeds = one("MatMul", {}, np.array([[1e17, 1.0, -1e17]]), np.ones((3, 1)))
    assert written_out(evaluate_exactly(graph, feeds)["y"]) == [1]


def test_a_third_is_a_third():
    graph, feeds = one("Div", {}, np.array([1.0, -2.0]), np.array([3.0, -7.0]))
    assert written_out(evaluate_exactly(graph, feeds)["y"]) == [Fraction(1, 3), Fraction(2, 7)]


def test_what_has_no_exact_answer_is_refused():
    with pytest.raises(UnsupportedModel, match="Exp"):
        evaluate_exactly(*one("Exp", {}, ROWS))
    with pytest.raises(UnsupportedModel, match="zero"):
        evaluate_exactly(*one("Div", {}, ROWS, np.zeros(4)))


def test_within_is_decided_without_rounding():
    exact = Exact.of(np.array([0.1]))
    assert exact.within(np.array([0.1]), np.array([0.0]))
    assert not exact.within(np.nextafter([0.1], 1), np.array([1e-18]))
    assert exact.within(np.nextafter([0.1], 1), np.array([1e-16]))


def test_shapes_are_computed_on_the_way():
    """As torch writes x.reshape(len(x), -1)."""
    nodes = (
        Node("shape", "Shape", ("x",), ("shape",)),
        Node("first", "Gather", ("shape", "zero"), ("rows",)),
        Node("both", "Concat", ("rows", "rest"), ("target",), {"axis": 0}),
        Node("flat", "Reshape", ("x", "target"), ("long",)),
        Node("fc", "MatMul", ("long", "w"), ("y",)),
    )
    constants = {"zero": np.array([0]), "rest": np.array([-1]), "w": np.full((4, 1), 0.1, np.float32)}
    x, y = Signature("x", (None, 2, 2), "float32"), Signature("y", (None, 1), "float32")
    graph = Graph(nodes, constants, (x,), (y,), 18)
    found = evaluate_exactly(graph, {"x": np.arange(8, dtype=np.float32).reshape(2, 2, 2)})["y"]
    tenth = Fraction(float(np.float32(0.1)))
    assert [each * found.scale for each in found.numbers.ravel()] == [6 * tenth, 22 * tenth]
    assert inexact(graph, ["y"]) is None
    root = Graph((*nodes, Node("root", "Sqrt", ("y",), ("z",))), constants, (x,), (replace(y, name="z"),), 18)
    assert inexact(root, ["z"]).name == "root" and inexact(root, ["y"]) is None
