"""What layers in integers store is compared with the source's numbers, where their outputs say too little."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.network.edits import SetConstant, edited
from netmend.repairs.conversion import examine as examining
from netmend.repairs.conversion.cut import segments
from netmend.repairs.conversion.examine import examine
from netmend.repairs.conversion.faults._linear import Layer
from netmend.repairs.conversion.given import Options, read_pair
from netmend.repairs.conversion.localise import localise
from netmend.repairs.conversion.segments import Correspondence, Segment
from netmend.repairs.conversion.unlike import Unlike, _orders, with_hidden, with_passed_over
from tests.repairs.conversion.networks import graph_of, write
from tests.repairs.conversion.test_integers import HELD, NODES, pictures

pytest.importorskip("ai_edge_litert")


@pytest.fixture
def examined(tmp_path):
    """A network of bytes in which the weights of one layer are some steps off, with what is found of it."""
    from bench.conversion.files import save
    from bench.conversion.quantised import quantised
    from bench.conversion.tflite import in_tflite

    def of(layer, steps):
        source = graph_of(NODES, HELD, (None, 3, 12, 16), ("y", (None, 5, 12, 16)))
        seen = pictures(64, 0)
        healthy = quantised(in_tflite(source, {"x": seen}), {"x": seen.transpose(0, 2, 3, 1)}, "int8")
        name = next(node.inputs[1] for node in healthy.nodes if node.outputs == (layer,))
        codes = healthy.constants[name].astype(int)
        off = np.random.default_rng(0).choice(steps, codes.shape)
        edit = SetConstant(name, np.clip(codes + off, -127, 127).astype(np.int8))
        target = save(edited(healthy, [edit]), tmp_path / "target.tflite")
        np.savez(tmp_path / "x.npz", x=pictures(16, 1))
        pair, _ = read_pair((write(tmp_path / "source.onnx", source), target), Options(inputs=tmp_path / "x.npz"))
        return pair, examine(pair, pair.target.graph, pair.inputs.source)

    return of


def named(found):
    return [(cause.name, cause.hypothesis.node) for _, answer in found.causes for cause in answer.causes]


HIDDEN = [-2, 0, 0, 2]
"""Too little for the layer's output to be more than rounding explains, and no rounding."""


def test_damage_that_rounding_hides_is_found_by_what_is_stored(examined, monkeypatch):
    _, found = examined("y", HIDDEN)
    assert named(found) == [("corrupted-weights", "y")]
    monkeypatch.setattr(examining, "with_hidden", lambda source, target, parts, found, case_of: found)
    assert named(examined("y", HIDDEN)[1]) == []


@pytest.mark.parametrize("steps", [[0], [-1, 0, 0, 1]], ids=["to the nearest", "at random"])
def test_weights_that_are_rounded_are_the_source_s(examined, steps):
    pair, found = examined("y", steps)
    same = with_hidden(pair.source.graph, pair.target.graph, found.segments, found.localised, case_of=None)
    assert found.causes == () and same.faulty == ()


def test_a_layer_that_was_passed_over_is_what_the_source_s_makes_with_its_activation(examined):
    pair, found = examined("r1", [-3, 3])
    source, target = pair.source.graph, pair.target.graph
    right = found.alignment.matches["r1"].correspondence
    without = found.alignment.without(["r1"])
    feeds = pair.inputs.source
    wrong = localise(source, target, without.matches, segments(source, target, without.matches), feeds)
    again = with_passed_over(source, target, without, wrong)
    own = again.matches["r1"].correspondence
    assert (own.source, own.layout) == (right.source, right.layout) == ("r1", (0, 2, 3, 1))
    assert list(again.matches) == list(found.alignment.matches) and "r1" not in again.unaligned


@pytest.mark.parametrize(
    ("ours", "theirs", "read", "orders"),
    [
        (4, 4, [(0, 2, 3, 1)], [(0, 2, 3, 1)]),
        (4, 4, [None], [None]),
        (4, 4, [(0, 2, 1), (0, 2, 3, 1)], [(0, 2, 3, 1)]),
        (2, 2, [(0, 2, 3, 1)], [None]),
        (2, 4, [(0, 2, 3, 1)], []),
    ],
    ids=["pictures", "channels first", "of another rank", "rows", "a convolution as a product"],
)
def test_axes_are_in_the_order_of_what_the_segment_reads(ours, theirs, read, orders):
    layers = [Layer(np.zeros([1] * rank), np.zeros(1), "y", (), np.ones(1)) for rank in (ours, theirs)]
    inputs = tuple(Correspondence("x", "x", layout) for layout in read)
    assert _orders(Segment((), inputs, (), ()), Unlike(*layers, ())) == orders


def test_what_is_right_is_left_as_it_was_aligned(examined):
    pair, found = examined("r1", [0])
    healthy = replace(found.localised, faulty=())
    assert with_passed_over(pair.source.graph, pair.target.graph, found.alignment, healthy) is found.alignment
