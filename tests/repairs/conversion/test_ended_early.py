"""Grids that were calibrated on other inputs than a network is fed are no fault; grids of another scale are."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.core.loop import Watcher
from netmend.network.edits import SetScheme, edited
from netmend.network.graph import Graph, Node, Signature
from netmend.network.quantisation import Scheme
from netmend.repairs.conversion.distance import Distance
from netmend.repairs.conversion.ended_early import ended_early
from netmend.repairs.conversion.faults._base import Case
from netmend.repairs.conversion.given import Options
from netmend.repairs.conversion.segments import Correspondence, Segment
from netmend.repairs.conversion.study import repair_conversion
from tests.repairs.conversion.networks import graph_of, write

VALUES = np.linspace(-4, 4, 80).reshape(8, 10)


def case_of(scale, zero=0, op="tflite:NEG"):
    """A stretch of one operator on a grid of so many steps, beside the same without a grid."""
    taken, made = (Signature(name, (None, 10), "float32") for name in "xy")
    plain = Graph((Node("n", op, ("x",), ("y",)),), {}, (taken,), (made,), 17)
    grid = {"y": Scheme(np.array([scale], np.float32), np.array([zero]), "int8")}
    part = Segment(("y",), (Correspondence("x", "x"),), (Correspondence("y", "y"),), ("y",))
    right = -VALUES if op == "tflite:NEG" else np.maximum(VALUES, 0)
    return Case(replace(plain, quantisation=grid), plain, part, {"x": VALUES, "y": right}, {}, inputs=False)


def half(step):
    return {"y": Distance(step / 2, step / 2)}


@pytest.mark.parametrize(
    ("scale", "zero", "op", "early"),
    [
        (4 / 127, 0, "tflite:NEG", False),
        (3.4 / 127, 0, "tflite:NEG", True),
        (2 / 127, 0, "tflite:NEG", False),
        (3.4 / 255, -128, "tflite:RELU", True),
        (3.4 / 255, -128, "tflite:NEG", False),
        (2 / 255, -128, "tflite:RELU", False),
    ],
    ids=["reaches", "little", "far", "activation", "what an activation would cut off", "far above zero"],
)
def test_only_what_goes_a_little_beyond_an_end_is_excused(scale, zero, op, early):
    assert ended_early(case_of(scale, zero, op), half(scale)) == early


def test_what_is_wrong_besides_is_not_excused():
    case = case_of(3.4 / 127)
    wrong = replace(case, values={**case.values, "y": case.values["y"] * 0.9})
    assert not ended_early(wrong, half(3.4 / 127))


NODES = [
    *[("Conv", ["x", "w", "b"], ["c"], {"pads": [1, 1, 1, 1]}), ("Relu", ["c"], ["r"], {})],
    *[("GlobalAveragePool", ["r"], ["g"], {}), ("Conv", ["g", "last", "end"], ["y"], {})],
]


@pytest.mark.parametrize("factor", [1.0, 0.4])
def test_a_healthy_file_of_integers_that_was_calibrated_on_darker_pictures_is_no_fault(tmp_path, factor):
    pytest.importorskip("ai_edge_litert")
    from bench.conversion.files import save
    from bench.conversion.quantised import quantised
    from bench.conversion.tflite import in_tflite

    chance = np.random.default_rng(0)
    shapes = {"w": (8, 3, 3, 3), "b": (8,), "last": (5, 8, 1, 1), "end": (5,)}
    held = {name: chance.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    source = graph_of(NODES, held, (None, 3, 12, 12), ("y", (None, 5, 1, 1)))
    pictures = chance.random((24, 3, 12, 12)).astype(np.float32)
    seen = 0.95 * pictures
    target = quantised(in_tflite(source, {"x": seen}), {"x": seen.transpose(0, 2, 3, 1)}, "int8")
    grid = target.quantisation["y"]
    target = edited(target, [SetScheme("y", replace(grid, scale=grid.scale * np.float32(factor)))])
    np.savez(tmp_path / "x.npz", x=pictures)
    paths = write(tmp_path / "source.onnx", source), save(target, tmp_path / "target.tflite")
    found = repair_conversion(paths, Options(inputs=tmp_path / "x.npz"), tmp_path / "out", Watcher())
    assert found.repair.nothing_to_repair == (factor == 1)
