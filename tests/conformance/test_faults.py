"""Every fault type is well formed, explains what it injects, and has nothing to say about healthy networks."""

import random
from dataclasses import replace

import numpy as np
import pytest

from netmend.network.edits import edited
from netmend.repairs.conversion.distance import distance, size
from netmend.repairs.conversion.explain import Explained, Limits, Unexplained, explain
from netmend.repairs.conversion.faults._base import EVERYWHERE, Case, evaluated, faults
from netmend.repairs.conversion.faults._injection import injected
from netmend.repairs.conversion.faults._isolation import isolated
from netmend.repairs.conversion.segments import Correspondence, Segment
from netmend.testing.conformance import check_documentation, check_file
from netmend.testing.graphs import NETWORKS, inputs_of
from netmend.testing.tflite_graphs import TFLITE_NETWORKS

HEADINGS = ("What it is", "How it is mended", "When it is wrong", "References")
FAMILIES = ("PP", "ID", "TSS", "WB", "LH", "CG")

# Types whose injections other types explain as well, by the same right; and those that show in another batch only, or
# in the runtime only.
ALSO = {
    "spliced-stretch": {"added-operator", "removed-operator"},
    "activation-variant": {"removed-operator"},
    "softmax-over-axes": {"axis"},
}
ELSEWHERE = {"baked-batch", "refused-operator", "unknown-operator", "resize-as-matrices", "moved-numbers", "groups"}


@pytest.mark.parametrize("contribution", faults().values(), ids=list(faults()))
def test_a_fault_type_is_documented_and_well_formed(contribution):
    check_file(contribution)
    check_documentation(contribution, HEADINGS)
    fault = contribution.value
    assert fault.family in FAMILIES and set(fault.formats) <= set(EVERYWHERE) and fault.formats


def cases(name, seeds=range(2)):
    fault = faults()[name].value
    for network, make in {**NETWORKS, **TFLITE_NETWORKS}.items():
        for seed in seeds:
            healthy = make(seed)
            inputs = inputs_of(healthy, 4, seed)
            found = injected(healthy, fault, random.Random(f"{name} {network} {seed}"), inputs)
            if found is not None:
                yield healthy, found, inputs


@pytest.mark.parametrize("name", [name for name in faults() if name not in ELSEWHERE])
def test_what_is_injected_is_named_found_and_mended(name):
    met = 0
    for healthy, fault, inputs in cases(name):
        case = isolated(healthy, fault.graph, inputs)
        answer = explain(case)
        assert isinstance(answer, Explained), f"{fault.node} of {healthy.inputs[0]}"
        assert {cause.name for cause in answer.causes} <= {name, *ALSO.get(name, ())}
        # What is named lies where the edit was made: at it, or next to it where an operator came or went.
        assert answer.hypothesis.node in {*case.segment.nodes, fault.node}
        mended = edited(fault.graph, answer.edits)
        fresh = inputs_of(healthy, 6, 1000)
        keep = [each.name for each in healthy.outputs]
        answers, right = evaluated(mended, fresh, keep), evaluated(healthy, fresh, keep)
        for key in keep:
            assert distance(answers[key], right[key]).largest <= 1e-5 * size(right[key]).largest
        met += 1
    assert met, "no network has a place for it"


def _tilted(values):
    """Numbers that no edit of one operator makes of the right ones."""
    return {name: value * np.linspace(0.5, 1.5, value.size).reshape(value.shape) for name, value in values.items()}


@pytest.mark.parametrize("network", NETWORKS)
def test_what_no_fault_makes_is_not_explained(network):
    healthy = NETWORKS[network](3)
    inputs = inputs_of(healthy, 4, 3)
    for node in healthy.nodes:
        before = evaluated(healthy, inputs, [name for name in node.inputs if name and name not in healthy.constants])
        made = evaluated(healthy, inputs, [name for name in node.outputs if name])
        segment = Segment(
            node.outputs[:1],
            tuple(Correspondence(name, name) for name in before),
            tuple(Correspondence(name, name) for name in made),
            node.outputs[:1],
        )
        case = Case(healthy, healthy, segment, {**before, **made}, made, False)
        wrong = {
            name: value + 0.25 * (size(value).largest + 1) for name, value in made.items() if value.dtype.kind == "f"
        }
        if len(wrong) == len(made):
            # Nor is anything but a copy of the source taken for the explanation of what no fault makes.
            spoiled = replace(case, values={**before, **_tilted(wrong)})
            answer = explain(spoiled, limits=Limits(evaluations=300, together=1))
            assert isinstance(answer, Unexplained)


def test_every_type_has_an_injection_in_some_network():
    missing = [name for name in faults() if name not in ELSEWHERE and not any(True for _ in cases(name, range(1, 4)))]
    assert missing == []


def test_a_batch_that_is_written_down_is_freed():
    """Its fault shows only with other numbers of inputs than it was exported with."""
    fault = faults()["baked-batch"].value
    healthy = NETWORKS["flattened"](0)
    edits, node = fault.inject(healthy, random.Random(0))
    faulty = edited(healthy, edits)
    inputs = inputs_of(healthy, 4, 0)
    assert evaluated(faulty, inputs, ["y"]) is None
    answer = explain(isolated(healthy, faulty, inputs))
    assert [cause.name for cause in answer.causes] == ["baked-batch"] and answer.hypothesis.node == node
    mended = evaluated(edited(faulty, answer.edits), inputs, ["y"])["y"]
    assert np.allclose(mended, evaluated(healthy, inputs, ["y"])["y"])
