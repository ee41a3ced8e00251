"""Single outputs that can only lie between 0 and 1 turn at 0.5, and are read before what squashes them."""

import numpy as np
import pytest

from netmend.network.backends._base import named
from netmend.network.evaluate import as_tensor, forward
from netmend.repairs.weights.certify import Level, check_points
from netmend.repairs.weights.harm import classes
from netmend.repairs.weights.methods._base import Found
from netmend.repairs.weights.outlet import logits, outlet_of
from netmend.repairs.weights.placing import probed
from netmend.repairs.weights.repairer import WeightRepairer
from netmend.repairs.weights.specification import Labels, Specification
from netmend.repairs.weights.subject import NetworkUnderRepair
from netmend.repairs.weights.threshold import turning_point

pytest.importorskip("torch")
pytestmark = pytest.mark.torch

ENDS = {
    "sigmoid": ([("Sigmoid", ["z"], ["y"])], "z"),
    "hard": ([("HardSigmoid", ["z"], ["y"], {"alpha": 1 / 6, "beta": 0.5})], "z"),
    "moved": ([("Add", ["z", "half"], ["m"]), ("Clip", ["m", "zero", "one"], ["y"])], "m"),
    "cut": ([("Add", ["z", "half"], ["m"]), ("Max", ["m", "zero"], ["c"]), ("Min", ["one", "c"], ["y"])], "m"),
    "tanh": ([("Tanh", ["z"], ["t"]), ("Add", ["t", "one"], ["a"]), ("Mul", ["half", "a"], ["y"])], "z"),
    "quantised": (
        [
            ("Sigmoid", ["z"], ["s"]),
            ("QuantizeLinear", ["s", "step"], ["q"]),
            ("DequantizeLinear", ["q", "step"], ["y"]),
        ],
        "y",
    ),
    "other share": ([("Sigmoid", ["z"], ["s"]), ("Sub", ["one", "s"], ["y"])], "y"),
    "plain": ([("Identity", ["z"], ["y"])], "y"),
    "from -1 to 1": ([("Tanh", ["z"], ["y"])], "z"),
}


@pytest.fixture
def ending(write_onnx):
    def made(nodes):
        random = np.random.default_rng(0)
        constants = {"w0": random.normal(size=(4, 6)), "w1": random.normal(size=(6, 1))}
        constants |= {"half": np.float32(0.5), "zero": np.float32(0), "one": np.float32(1), "step": np.float32(1 / 255)}
        body = [("MatMul", ["x", "w0"], ["h0"]), ("LeakyRelu", ["h0"], ["h"]), ("MatMul", ["h", "w1"], ["z"])]
        return write_onnx([*body, *nodes], {"x": [None, 4]}, {"y": [None, 1]}, constants)

    return made


@pytest.mark.parametrize("end", ENDS)
def test_both_places_tell_the_class_that_the_answer_does(ending, end):
    nodes, place = ENDS[end]
    network = ending(nodes)
    inputs = np.random.default_rng(1).normal(size=(40, 4)).astype(np.float32)
    answers = network.run(inputs).astype(np.float64)
    middle = 0.0 if end in ("plain", "from -1 to 1") else 0.5
    wanted = (answers[:, 0] > middle).astype(int)
    assert turning_point(network.graph) == middle and 5 < wanted.sum() < 35
    assert np.array_equal(classes(logits(network.graph, answers)), wanted)
    outlet = outlet_of(network.graph, Labels(wanted), probed(network.graph, named(network.graph, inputs)))
    assert outlet.tensor == place
    values = forward(network.graph, {"x": as_tensor(inputs)}, keep=[place])[place].numpy()
    sure = np.abs(answers[:, 0] - middle) > 0.01
    assert (outlet.requirement.slack(values)[sure] > 0).all()
    rows = outlet.requirement.violated(values, 1, np.full(40, np.inf))
    by_rows = [float(values[row.point] @ np.array(row.weights)) - row.bound for row in rows]
    assert np.allclose(by_rows, outlet.requirement.slack(values))


@pytest.mark.parametrize("end", [name for name in ENDS if name != "quantised"])
def test_wrong_points_are_repaired_and_the_runtime_answers_on_the_right_side(ending, end):
    network = ending(ENDS[end][0])
    inputs = np.random.default_rng(1).normal(size=(4, 4)).astype(np.float32)
    middle = 0.0 if end in ("plain", "from -1 to 1") else 0.5
    labels = 1 - (network.run(inputs)[:, 0] > middle).astype(int)
    subject = NetworkUnderRepair(network.path, network, Specification(inputs, Labels(labels)))
    asked = WeightRepairer(subject)
    answer = asked.workshop.repaired(asked.workshop.layers[0]).answer
    assert isinstance(answer, Found)
    assert np.array_equal(network.run(inputs, answer.change.changed)[:, 0] > middle, labels == 1)
    assert check_points(network, subject.specification, Level.DEPLOYED, answer.change.changed).holds.all()


@pytest.mark.parametrize("share", [0, 1])
def test_a_share_of_two_is_read_as_two_classes_if_it_is_the_second(write_onnx, share):
    constants = {
        "w": np.random.default_rng(0).normal(size=(4, 2)),
        "at": np.array([share]),
        "last": np.array([1]),
        "end": np.array([share + 1]),
    }
    nodes = [
        ("MatMul", ["x", "w"], ["z"]),
        ("Softmax", ["z"], ["s"], {"axis": 1}),
        ("Slice", ["s", "at", "end", "last"], ["y"]),
    ]
    network = write_onnx(nodes, {"x": [None, 4]}, {"y": [None, 1]}, constants)
    inputs = np.random.default_rng(1).normal(size=(30, 4)).astype(np.float32)
    answers = network.run(inputs).astype(np.float64)
    wanted = (answers[:, 0] > 0.5).astype(int)
    assert 0 < wanted.sum() < 30 and np.array_equal(classes(logits(network.graph, answers)), wanted)
    outlet = outlet_of(network.graph, Labels(wanted), probed(network.graph, named(network.graph, inputs)))
    assert outlet.tensor == ("z" if share else "y")
    values = forward(network.graph, {"x": as_tensor(inputs)}, keep=[outlet.tensor])[outlet.tensor].numpy()
    assert (outlet.requirement.slack(values) > 0).all()
