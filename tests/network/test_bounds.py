"""No order of summation carries a number further from its exact value than its bound says."""

from itertools import pairwise

import numpy as np
import pytest

from netmend.core.errors import NoErrorBound, UsageError
from netmend.network.bounds import Enclosure, bounds
from netmend.network.evaluate import as_tensor, forward
from netmend.network.exact import evaluate_exactly
from netmend.network.graph import Graph, Node, Signature
from netmend.network.load import load
from netmend.network.tensors import torch


def mlp(seed, widths=(20, 30, 30, 5), dtype=np.float32):
    random = np.random.default_rng(seed)
    nodes, constants, last = [], {}, "x"
    for place, (ins, outs) in enumerate(pairwise(widths)):
        constants[f"w{place}"] = random.normal(size=(outs, ins), scale=ins**-0.5).astype(dtype)
        constants[f"b{place}"] = random.normal(size=outs).astype(dtype)
        nodes.append(Node(f"fc{place}", "Gemm", (last, f"w{place}", f"b{place}"), (f"z{place}",), {"transB": 1}))
        nodes.append(Node(f"relu{place}", "Relu", (f"z{place}",), (f"a{place}",)))
        last = f"a{place}"
    output = f"z{len(widths) - 2}"
    x, y = Signature("x", (None, widths[0]), "float32"), Signature(output, (None, widths[-1]), "float32")
    return Graph(tuple(nodes[:-1]), constants, (x,), (y,), 18), random.normal(size=(4, widths[0])).astype(np.float32)


@pytest.mark.parametrize("seed", range(5))
def test_every_inner_number_is_within_its_bound_of_the_exact_one(seed):
    graph, x = mlp(seed)
    exact = evaluate_exactly(graph, {"x": x}, keep="all")
    for precision, dtype in (("float64", torch.float64), ("float32", torch.float32)):
        computed = run_all(graph, x, dtype)
        found = bounds(graph, {"x": x}, precision=precision, keep="all")
        for name in ("z0", "a0", "z1", "z2"):
            error = found[name].error.numpy()
            assert exact[name].within(computed[name], error)
            assert exact[name].within(found[name].value.numpy(), error)
            assert error.max() < 1e-3 * (1 if precision == "float32" else 1e-8)


def cut(op, inputs, constants, attributes=None, opset=18):
    node = Node("cut", op, inputs, ("y",), attributes or {})
    x, y = Signature("x", (None,), "float32"), Signature("y", (None,), "float32")
    return Graph((node,), constants, (x,), (y,), opset)


@pytest.mark.parametrize(
    ("graph", "low", "high"),
    [
        (cut("Relu", ("x",), {}), 0.0, np.inf),
        (cut("Clip", ("x", "lo", "hi"), {"lo": np.float32(-1), "hi": np.float32(2)}), -1.0, 2.0),
        (cut("Clip", ("x",), {}, {"min": -1.0, "max": 2.0}, opset=6), -1.0, 2.0),
    ],
)
def test_cutting_off_forgets_no_error_that_can_come_through(graph, low, high):
    random = np.random.default_rng(0)
    value = torch.from_numpy(np.concatenate([random.uniform(-3, 4, 4000), [-1.0, 0.0, 2.0]]))
    error = torch.from_numpy(10.0 ** random.uniform(-18, 0.5, len(value)))
    found = bounds(graph, {"x": Enclosure(value, error)}, keep=["y"])["y"]
    for share in np.linspace(-1, 1, 21):
        exact = value + share * error
        # Ours and any other computation are within one error of the exact number.
        for other in (value, exact - error, exact + error):
            off = (torch.clamp(other, low, high) - torch.clamp(exact, low, high)).abs()
            assert (off <= found.error + 1e-15).all()
    assert (found.error <= error * (1 + 2.0**-19)).all()
    dead = (value + 2.1 * error < low) | (value - 2.1 * error > high)
    assert dead.sum() > 500 and (found.error[dead] == 0).all()


def run_all(graph, x, dtype):
    return {name: value.numpy() for name, value in forward(graph, {"x": as_tensor(x)}, keep="all", dtype=dtype).items()}


@pytest.mark.parametrize("seed", range(5))
def test_summing_in_the_worst_of_many_orders_stays_within_the_bound(seed):
    random = np.random.default_rng(seed)
    graph, x = mlp(seed, widths=(300, 1))
    exact = evaluate_exactly(graph, {"x": x})["z0"]
    error = bounds(graph, {"x": x}, precision="float32")["z0"].error.numpy()
    weight, bias = graph.constants["w0"][0], graph.constants["b0"][0]
    for _ in range(20):
        order = random.permutation(300)
        totals = np.zeros(4, np.float32)
        for place in order:
            totals = totals + x[:, place] * weight[place]
        assert exact.within((totals + bias)[:, None], error)


def test_a_bound_that_is_a_tenth_of_itself_would_be_broken():
    """The bound is of the right size: sums of equal terms, added one after another, come near it."""
    terms = 4000
    weight = np.full((1, terms), 1 + 2.0**-20, np.float32)
    nodes = (Node("fc", "Gemm", ("x", "w"), ("y",), {"transB": 1}),)
    x = np.full((1, terms), 1 + 3 * 2.0**-20, np.float32)
    graph = Graph(
        nodes, {"w": weight}, (Signature("x", (None, terms), "float32"),), (Signature("y", (), "float32"),), 18
    )
    total = np.float32(0)
    for left, right in zip(x[0], weight[0], strict=True):
        total += left * right
    exact = evaluate_exactly(graph, {"x": x})["y"]
    error = bounds(graph, {"x": x}, precision="float32")["y"].error.numpy()
    assert exact.within(np.array([[total]]), error)
    assert not exact.within(np.array([[total]]), error / 200)


@pytest.mark.parametrize("seed", range(4))
def test_a_normalisation_that_the_runtime_folds_into_a_convolution_is_covered(onnx_file, seed):
    random = np.random.default_rng(seed)

    def normal(*shape):
        return random.normal(size=shape).astype(np.float32)

    constants = {"w": normal(8, 4, 3, 3), "s": 30 * normal(8), "b": normal(8), "m": normal(8), "v": np.abs(normal(8))}
    nodes = [
        ("Conv", ["x", "w"], ["c"]),
        ("BatchNormalization", ["c", "s", "b", "m", "v"], ["n"]),
        ("Relu", ["n"], ["y"]),
    ]
    network = load(onnx_file(nodes, {"x": [None, 4, 9, 9]}, {"y": [None, 8, 7, 7]}, constants))
    x = normal(2, 4, 9, 9)
    found = bounds(network.graph, {"x": x}, precision="float32")["y"]
    assert (np.abs(network.run(x) - found.value.numpy()) <= found.error.numpy()).all()
    assert found.error.max() < 0.1


def test_inputs_that_the_precision_cannot_hold_count_as_rounded():
    graph, x = mlp(0)
    finer = x.astype(np.float64) + 1e-9
    error = bounds(graph, {"x": finer}, precision="float32", keep=["x"])["x"].error.numpy()
    assert (np.abs(finer.astype(np.float32) - finer) == error).all()
    assert bounds(graph, {"x": x}, precision="float32", keep=["x"])["x"].error is None


def test_inner_tensors_may_be_given_with_their_errors():
    graph, x = mlp(1)
    whole = bounds(graph, {"x": x}, keep=["a0", "z2"])
    rest = bounds(graph, {"a0": whole["a0"]})["z2"]
    assert torch.equal(rest.error, whole["z2"].error)


def test_sums_too_long_for_a_precision_are_refused():
    graph, x = mlp(0, widths=(300, 4), dtype=np.float16)
    with pytest.raises(NoErrorBound, match=r"adds 306 terms(.|\n)*fc0"):
        bounds(graph, {"x": x}, precision="bfloat16")
    assert bounds(graph, {"x": x}, precision="float16")["z0"].error.max() < 10


def test_an_operator_without_a_rule_is_refused_by_name():
    node = Node("jump", "ThresholdedRelu", ("x",), ("y",))
    graph = Graph((node,), {}, (Signature("x", (None, 2), "float32"),), (Signature("y", (None, 2), "float32"),), 18)
    with pytest.raises(NoErrorBound, match=r"ThresholdedRelu(.|\n)*jump"):
        bounds(graph, {"x": np.ones((1, 2), np.float32)})


def test_near_a_division_by_zero_nothing_is_said():
    node = Node("div", "Div", ("x", "y"), ("z",))
    graph = Graph((node,), {}, (), (Signature("z", (None,), "float32"),), 18)
    top, bottom = torch.tensor([1.0, 1.0]).double(), torch.tensor([1e-9, 1.0]).double()
    found = bounds(graph, {"x": Enclosure(top, None), "y": Enclosure(bottom, torch.full((2,), 1e-6).double())})
    assert torch.isinf(found["z"].error[0])
    assert found["z"].error[1] < 1e-5


def test_numbers_that_a_precision_cannot_hold_have_no_bound():
    graph, _ = mlp(0, widths=(2, 1))
    huge = graph.with_constants({"w0": np.full((1, 2), 1e20, np.float32)})
    assert torch.isinf(bounds(huge, {"x": np.full((1, 2), 1e20, np.float32)}, precision="float32")["z0"].error).all()


def test_an_unknown_precision_is_refused():
    graph, x = mlp(0)
    with pytest.raises(UsageError, match="float8"):
        bounds(graph, {"x": x}, precision="float8")


@pytest.mark.parametrize("name", ["mnist_relu_3_100.onnx", "mnist_relu_9_100.onnx"])
def test_real_networks_are_bounded_and_the_bound_holds_in_their_own_runtime(real, name):
    network = load(real(name))
    x = np.random.default_rng(0).random((3, 784)).astype(np.float32)
    exact = evaluate_exactly(network.graph, {"input": x})["logits"]
    own = network.run(x)
    for precision, limit in (("float64", 1e-3), ("float32", np.inf)):
        found = bounds(network.graph, {"input": x}, precision=precision)["logits"]
        assert exact.within(found.value.numpy(), found.error.numpy())
        assert found.error.max() <= limit
    assert exact.within(own, found.error.numpy())


def test_a_mask_of_minus_infinity_is_no_error_and_sizes_have_none():
    constants = {"low": np.float32(-np.inf), "seen": np.tril(np.ones((3, 3), bool)), "three": np.array([3])}
    nodes = (
        Node("type", "CastLike", ("low", "x"), ("mask",)),
        Node("where", "Where", ("seen", "x", "mask"), ("masked",)),
        Node("softmax", "Softmax", ("masked",), ("y",), {"axis": -1}),
        Node("shape", "Shape", ("y",), ("sizes",)),
        Node("mod", "Mod", ("sizes", "three"), ("rest",)),
    )
    x, y = Signature("x", (None, 3, 3), "float32"), Signature("y", (None, 3, 3), "float32")
    inputs = np.random.default_rng(0).normal(size=(2, 3, 3)).astype(np.float32)
    error = torch.full((2, 3, 3), 1e-9, dtype=torch.float64)
    graph = Graph(nodes, constants, (x,), (y,), 18)
    found = bounds(graph, {"x": Enclosure(torch.from_numpy(inputs).double(), error)}, keep=["masked", "y", "rest"])
    masked = ~torch.from_numpy(constants["seen"]).expand(2, 3, 3)
    assert torch.isinf(found["masked"].value[masked]).all() and (found["masked"].error[masked] == 0).all()
    assert found["y"].error.max() < 1e-7 and found["rest"].error is None
