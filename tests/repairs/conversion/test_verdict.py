import numpy as np
import pytest

from netmend.repairs.conversion.distance import Distance
from netmend.repairs.conversion.examine import Examined
from netmend.repairs.conversion.explain import Unexplained
from netmend.repairs.conversion.localise import Faulty, Judged, Localised
from netmend.repairs.conversion.preprocessing import Map
from netmend.repairs.conversion.requirement._base import Agreement
from netmend.repairs.conversion.runtime import RuntimeBug
from netmend.repairs.conversion.segments import Alignment, Segment
from netmend.repairs.conversion.verdict import Kind, Observed, judged
from tests.repairs.conversion.networks import graph_of

GRAPH = graph_of()
BUG = RuntimeBug("onnxruntime 1", "Conv 0", "Conv", 1.0, 1e-3)
FAULTY = Faulty(Segment(("c0",), (), (), ()), Judged(*(Distance(e, e) for e in (9.0, 1.0, 1.0, 5.0))), 4)
COARSER = {"c0": Judged(*(Distance(e, e) for e in (0.1, 0.01, 1.0, 5.0)))}


def agreement(holds=True, ties=0):
    return Agreement(np.array([holds] * 4), holds, 0.0, "4 of 4 inputs agree", np.zeros(4), ties)


def observed(holds=True, ties=0, bugs=(), prepared=(), right=None, causes=(), tensors=None, failure=""):
    seen = Examined(Alignment({}, {}), (), Localised(tensors or {}, (), 4), tuple(causes))
    found = None if failure else agreement(holds, ties)
    return Observed(found, found, failure, tuple(bugs), tuple(prepared), right, seen)


UNEXPLAINED = (FAULTY, Unexplained(None, 9.0, 9.0, 1.0, 5, True))
MAP = Map(1, (2, 1, 0), np.ones(3), np.zeros(3), 0.0)


@pytest.mark.parametrize(
    ("seen", "kind", "names"),
    [
        (observed(), Kind.HEALTHY, []),
        (observed(causes=[UNEXPLAINED], holds=False), Kind.FAULTY, ["unexplained-stretch"]),
        (observed(bugs=[BUG], holds=False), Kind.RUNTIME, ["runtime-bug"]),
        (observed(prepared=[("x", MAP)], right=agreement(), holds=False), Kind.PREPROCESSING, ["preprocessing"]),
        (observed(prepared=[("x", None)], right=agreement(False), holds=False), Kind.FAULTY, ["preprocessing"]),
        (observed(tensors=COARSER), Kind.PRECISION, ["coarser-precision"]),
        (observed(ties=2), Kind.BENIGN, ["ties"]),
        (observed(holds=False), Kind.BENIGN, ["rounding-adds-up"]),
        (observed(failure="no such operator"), Kind.FAULTY, ["does-not-run"]),
    ],
)
def test_each_observation_has_its_verdict(seen, kind, names):
    found = judged(seen, GRAPH)
    assert found.kind is kind and [finding.name for finding in found.findings] == names


def test_the_gravest_comes_first():
    found = judged(observed(causes=[UNEXPLAINED], tensors=COARSER, holds=False), GRAPH)
    assert found.kind is Kind.FAULTY
    assert [finding.name for finding in found.findings] == ["unexplained-stretch", "coarser-precision"]


def test_evidence_is_in_the_findings():
    finding = judged(observed(causes=[UNEXPLAINED], holds=False), GRAPH).findings[0]
    assert (finding.measured, finding.threshold, finding.places) == (9.0, 1.0, ("Conv 0",))
    preparation = judged(observed(prepared=[("x", MAP)], right=agreement(), holds=False), GRAPH).findings[0]
    assert "swap red and blue" in preparation.message


def test_precision_within_its_budget_is_told_from_what_is_not():
    within, beyond = (judged(observed(tensors=COARSER, holds=holds), GRAPH).findings[0] for holds in (True, False))
    assert "no more than it explains" in within.message and "by more than it explains" in beyond.message
