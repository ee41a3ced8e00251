"""The source's operators in the place of the target's read numbers of the type that they were written for."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.network.graph import Graph, Node, Signature
from netmend.repairs.conversion.faults._base import Case
from netmend.repairs.conversion.faults.spliced_stretch import fault
from netmend.repairs.conversion.segments import Correspondence, Segment

MASK = np.array([[1.0, 0, 1], [0, 0, 1]])
ONE = {"one": np.float32(1).reshape(1)}


def signature(name, dtype="float32"):
    return Signature(name, (None, 3), dtype)


def case_of(kind):
    """A mask that the source reads as real numbers and the target's stretch as `kind`."""
    source = Graph(
        (Node("c", "Cast", ("m",), ("c",), {"to": 1}), Node("y", "Sub", ("one", "c"), ("y",))),
        ONE,
        (signature("m", "int64"),),
        (signature("y"),),
        17,
    )
    types = {"int32": 6, "float32": 1}
    target = Graph(
        (
            Node("k", "Cast", ("m",), ("k",), {"to": types[kind]}),
            Node("t", "Transpose", ("k",), ("t",), {"perm": [0, 1]}),
            Node("z", "Abs", ("t",), ("z",)),
            Node("y", "Cast", ("z",), ("y",), {"to": 1}),
        ),
        {},
        (signature("m", "int64"),),
        (signature("y"),),
        17,
    )
    part = Segment(("z", "y"), (Correspondence("t", "c"),), (Correspondence("y", "y"),), ("y",))
    return Case(target, source, part, {"t": MASK, "y": 1 - MASK}, {"y": MASK}, inputs=False)


@pytest.mark.parametrize(("kind", "operators"), [("int32", ["Cast", "Sub"]), ("float32", ["Sub"])])
def test_whole_numbers_become_real_ones_where_the_source_reads_such(kind, operators):
    case = case_of(kind)
    (found,) = fault.alternatives(case)
    assert [node.op for node in found.edits[0].by] == operators
    np.testing.assert_array_equal(case.answers(found.edits)["y"], 1 - MASK)


def test_two_stretches_that_read_one_tensor_get_names_of_their_own():
    made = []
    for key in ("z", "other"):
        case = case_of("int32")
        nodes = tuple(
            replace(each, outputs=(key,)) if each.outputs == ("z",) else replace(each, inputs=(key,))
            if each.inputs == ("z",) else each
            for each in case.target.nodes
        )  # fmt: skip
        part = replace(case.segment, nodes=(key, "y"))
        (found,) = fault.alternatives(replace(case, target=replace(case.target, nodes=nodes), segment=part))
        made.append({name for node in found.edits[0].by for name in node.outputs if "real numbers" in name})
    assert all(made) and made[0].isdisjoint(made[1])
