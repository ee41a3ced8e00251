"""A check passes what is well made, and names the file and the rule for everything else."""

import math
from dataclasses import replace
from types import ModuleType

import pytest

from netmend.core.discover import Contribution, contributions
from netmend.core.errors import Malformed
from netmend.core.repairer import Listed, Proposal
from netmend.program.elements._base import ElementKind
from netmend.program.elements._find import find_all
from netmend.program.lint._base import LintRule
from netmend.program.lint._examples import HEALTHY
from netmend.program.source import Program
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.proposers._base import ProposerKind
from netmend.testing.conformance import (
    FINDING_HEADINGS,
    check_documentation,
    check_element_kind,
    check_file,
    check_metric,
    check_names,
    check_operator,
    check_proposer,
    check_static_rule,
    check_symptom,
)
from netmend.training.metrics._base import Metric
from netmend.training.symptoms._base import Symptom
from netmend.training.symptoms._examples import healthy

SYMPTOM = contributions("netmend.training.symptoms", Symptom)["dying-relu"]
RULE = contributions("netmend.program.lint", LintRule)["large-batch"]
OPERATOR = contributions("netmend.repairs.program.operators", Operator)["lower-learning-rate"]
KIND = contributions("netmend.program.elements", ElementKind)["batch-size"]
METRIC = contributions("netmend.training.metrics", Metric)["mean-absolute-error"]
PROPOSER = contributions("netmend.repairs.program.proposers", ProposerKind)["auto"]


def with_value(contribution, **changes):
    """The contribution with parts of its object exchanged; its file stays as it is."""
    return replace(contribution, value=replace(contribution.value, **changes))


def refused(check, rule, *given):
    with pytest.raises(Malformed, match=rule) as raised:
        check(*given)
    assert raised.value.where.endswith(f"{given[0].module.__file__}:1")
    assert given[0].name in raised.value.what


# --- file and documentation -------------------------------------------------------------------------------------------


def made(doc, name="thing", stem="thing", **defined):
    module = ModuleType(stem, doc)
    module.__file__ = f"/somewhere/{stem}.py"
    vars(module).update(defined or {"METRIC": METRIC.value})
    return Contribution(name, METRIC.value, module)


def test_a_file_that_is_named_for_what_it_is_passes():
    check_file(made("A thing.", "a-thing", "a_thing"))
    check_file(made("A thing.", METRIC=METRIC.value, _EXAMPLE=METRIC.value, other=3))


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        (made("A thing.", "other"), "not that of thing.py"),
        (made("A thing.", "Thing", "Thing"), "not lower case"),
        (made("A thing.", a=METRIC.value, b=METRIC.value), "defines a, b, not one Metric"),
        (made("A thing.", a=3), "not one Metric"),
    ],
)
def test_a_file_that_is_not_is_refused(given, rule):
    refused(check_file, rule, given)


WHOLE = "A thing.\n\n" + "\n\n".join(f"{heading}:\n    Text." for heading in FINDING_HEADINGS)


def test_headings_on_lines_of_their_own_and_at_the_beginning_of_paragraphs_are_both_read():
    check_documentation(made(WHOLE), FINDING_HEADINGS)
    inline = "A thing.\n\n" + "\n\n".join(f"*{heading}.* Text." for heading in FINDING_HEADINGS)
    check_documentation(made(inline), FINDING_HEADINGS)


@pytest.mark.parametrize(
    ("doc", "rule"),
    [
        (WHOLE.replace("A thing.", "A thing"), "not a sentence"),
        (WHOLE.replace("References:", "Sources:"), "has the headings"),
        (WHOLE.replace("What it is:\n    Text.\n\n", ""), "has the headings"),
        (WHOLE + "\n\nHow to use it:\n    Text.", "has the headings"),
        (WHOLE.replace("What it is", "?").replace("References", "What it is").replace("?", "References"), "headings"),
        (WHOLE.replace("is:\n    Text.", "is:\n"), "nothing is said under What it is"),
        (WHOLE.removesuffix("    Text."), "nothing is said under References"),
    ],
    ids=["no sentence", "renamed", "left out", "one more", "another order", "empty", "empty at the end"],
)
def test_a_docstring_without_its_headings_is_refused(doc, rule):
    refused(check_documentation, rule, made(doc), FINDING_HEADINGS)


def test_a_name_in_two_folders_is_refused():
    check_names({"one": {"a": made("", "a")}, "other": {"b": made("", "b")}})
    with pytest.raises(Malformed, match="taken in another folder"):
        check_names({"one": {"a": made("", "a")}, "other": {"a": made("", "a")}})


# --- the kinds --------------------------------------------------------------------------------------------------------


def reading_of(**changes):
    """The symptom's own readings, each with something exchanged."""
    measure = SYMPTOM.value.measure
    return {"measure": lambda trace: tuple(replace(reading, **changes) for reading in measure(trace))}


READINGS = SYMPTOM.value.fires(SYMPTOM.value.fires_on[0])[:1]
BLAME = READINGS[0].blames[0]
NO_LAYERS = replace(healthy(), layers=())


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"fires_on": ()}, "both sorts"),
        ({"silent_on": ()}, "both sorts"),
        ({"fires_on": (healthy(),)}, "silent on fires_on"),
        ({"silent_on": SYMPTOM.value.fires_on}, "fires on silent_on"),
        (
            {"measure": lambda trace: READINGS if trace.layers else (), "silent_on": (NO_LAYERS,)},
            "fires on healthy run",
        ),
        ({"threshold": math.nan}, "threshold is not a number"),
        ({"measure": lambda trace: SYMPTOM.value.measure(trace) * 2}, "one place twice"),
        (reading_of(severity=1.5), "severity 1.5"),
        (reading_of(message="No sentence"), "not a sentence"),
        (reading_of(where=""), "where it reads"),
        (reading_of(blames=(replace(BLAME, weight=0),)), "weight 0"),
        (reading_of(blames=(replace(BLAME, kind="colour"),)), "no element kind 'colour'"),
        (reading_of(blames=(replace(BLAME, role="inner"),)), "no role 'inner'"),
        (reading_of(blames=(replace(BLAME, values=("relu", "relu")),)), "a value twice"),
        (reading_of(blames=(replace(BLAME, values=(math.inf,)),)), "not finite"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_symptom_that_is_not_well_made_is_refused(changes, rule):
    refused(check_symptom, rule, with_value(SYMPTOM, **changes))


def test_a_symptom_that_cannot_stand_gaps_is_found_out():
    with pytest.raises(IndexError):
        check_symptom(with_value(SYMPTOM, measure=lambda trace: trace.epochs[0] and SYMPTOM.value.measure(trace)))


def hits_with(**changes):
    check = RULE.value.check
    return {"check": lambda elements: [replace(hit, **changes) for hit in check(elements)]}


HIT = next(iter(RULE.value.check(find_all(Program.from_text(RULE.value.fires_on[0])))))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"fires_on": ()}, "needs examples"),
        ({"fires_on": HEALTHY[:1]}, "silent on fires_on"),
        ({"silent_on": ()}, "healthy programs are not among"),
        ({"silent_on": (*HEALTHY, RULE.value.fires_on[0])}, "fires on silent_on"),
        (hits_with(severity=0), "severity 0"),
        (hits_with(message="No sentence"), "not a sentence"),
        (hits_with(blames=()), "blames nothing"),
        (hits_with(blames=(replace(BLAME, layer=99),)), "points to nothing"),
        (
            hits_with(blames=(replace(BLAME, kind="batch-size", layer=None, values=(HIT.element.value,)),)),
            "become what it is",
        ),
        (hits_with(blames=(replace(BLAME, kind="batch-size", layer=None, values=(100_000,)),)), "still fires after"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_static_rule_that_is_not_well_made_is_refused(changes, rule):
    refused(check_static_rule, rule, with_value(RULE, **changes))


TEXT, LABEL, FIRST = next(example for example in OPERATOR.value.examples if example[2] is not None)


def suggesting(*given):
    return {"suggest": lambda element, elements, trace: [Suggestion(*each) for each in given]}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"kind": "colour"}, "no element kind"),
        ({"examples": ()}, "needs examples"),
        ({"examples": ((TEXT, LABEL, 123.0),)}, "not 123.0"),
        ({"examples": ((TEXT, "learning-rate of no one: 1", FIRST),)}, "is no learning-rate of its example"),
        (suggesting((FIRST, 0.5, "")), "no reason"),
        (suggesting((FIRST, 1.5, "why")), "prior is outside"),
        (suggesting((FIRST, 0.2, "why"), (FIRST / 2, 0.5, "why")), "best value is not first"),
        (suggesting((FIRST, 0.5, "why"), (FIRST, 0.4, "why")), "repeats itself"),
        (suggesting(*((FIRST / 2**n, 0.5, "why") for n in range(5))), "suggests 5 values"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_operator_that_is_not_well_made_is_refused(changes, rule):
    examples = {"examples": ((TEXT, LABEL, FIRST),)}
    refused(check_operator, rule, with_value(OPERATOR, **{**examples, **changes}))


def found_with(**changes):
    find = KIND.value.find
    return {"find": lambda program: tuple(replace(element, **changes) for element in find(program))}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        (found_with(kind="loss"), "it finds a loss"),
        (found_with(text="no such text"), "not where it says"),
        (found_with(absent=True), "absent or not"),
        ({"values": lambda element: (element.value,)}, "what it is"),
        ({"values": lambda element: (64, 64)}, "a value twice"),
        (found_with(value=7), "does not read back"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_element_kind_that_is_not_well_made_is_refused(changes, rule):
    check_element_kind(KIND, HEALTHY)
    refused(check_element_kind, rule, with_value(KIND, **changes), HEALTHY[:1])


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"name": "mae"}, "calls itself 'mae'"),
        ({"smallest_gain": 0.0}, "smallest gain"),
        ({"lower": math.inf}, "no range"),
        ({"upper": 0.1}, "out of bounds"),
        ({"perfect": 1.0}, "flawless answers score 0"),
        ({"higher_is_better": True}, "random answers score better"),
        ({"trivial": type(METRIC.value.trivial).MEAN}, "does better than the mean"),
        ({"compute": lambda truth, answers: float(abs(truth[0] - answers[0]))}, "order of the rows"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_metric_that_is_not_well_made_is_refused(changes, rule):
    refused(check_metric, rule, with_value(METRIC, **changes))


def listed(choose):
    """A proposer of chosen patches: `choose` is given those of the moves, in order."""

    def start(given):
        return Listed(choose([given.space.patch({move.element.id: move.value}) for move in given.moves({}, ())]))

    return {"start": start}


def plain(patches):
    return [patch for patch in patches if patch.changes[0].kind != "epochs"]


class Reasoned(Listed):
    """Gives a reason, unlike a mere list, and runs and effort as told."""

    def __init__(self, patches, **values):
        super().__init__(patches)
        self._values = {"reason": "why", **values}

    def ask(self):
        found = super().ask()
        return None if found is None else Proposal(found.patch, **self._values)


def reasoned(choose, **values):
    def start(given):
        patches = [given.space.patch({move.element.id: move.value}) for move in given.moves({}, ())]
        return Reasoned(choose(patches), **values)

    return {"start": start}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        (reasoned(lambda patches: []), "proposes nothing"),
        (reasoned(lambda patches: plain(patches) * 2), "twice"),
        (reasoned(lambda patches: [replace(patches[0], changes=())]), "change nothing"),
        (reasoned(lambda patches: [patch for patch in patches if patch not in plain(patches)]), "cannot be paid"),
        (reasoned(plain, runs=0), "out of range"),
        (reasoned(plain, effort=1.5), "out of range"),
        (listed(plain), "no reason"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_proposer_that_is_not_well_made_is_refused(changes, rule):
    check_proposer(with_value(PROPOSER, **reasoned(plain)))
    refused(check_proposer, rule, with_value(PROPOSER, **changes))


def test_a_proposer_that_forgets_its_seed_is_refused():
    turns = []

    def start(given):
        turns.append(1)
        return reasoned(lambda patches: plain(patches)[:: 1 if len(turns) % 2 else -1])["start"](given)

    refused(check_proposer, "other proposals", with_value(PROPOSER, start=start))
