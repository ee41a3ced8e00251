"""What a contribution must satisfy: one check for each kind, usable from anyone's own tests.

A check takes what `netmend.core.discover.contributions` gives for a file, and raises `Malformed` with the file and the
rule that is broken. It runs the examples the contribution states. That a threshold, prior or value is a good one no
check can know.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netmend.core.discover import Contribution, contributions
from netmend.core.errors import Malformed, Unchangeable
from netmend.core.records import Draw, Outcome, Purpose, Trial, Verdict
from netmend.core.repairer import Proposal
from netmend.program.blame import Blame, Value
from netmend.program.edits import SourcePatch
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, find_all, values_of
from netmend.program.lint import _examples as lint_examples
from netmend.program.lint._base import Hit, LintRule
from netmend.program.source import Program
from netmend.repairs.program.evidence import Evidence
from netmend.repairs.program.operators._base import Operator
from netmend.repairs.program.proposers._base import ProposerKind, Start
from netmend.repairs.program.space import Move, Space, ranked
from netmend.testing.odd_traces import gaps, spoiled
from netmend.training.metrics._base import Array, Constant, Metric, Task, metric_named
from netmend.training.symptoms import _examples as symptom_examples
from netmend.training.symptoms._base import Symptom
from netmend.training.trace import Trace

FINDING_HEADINGS = ("What it is", "How it is measured", "When it is wrong", "References")
OPERATOR_HEADINGS = ("What it changes", "When it helps", "When it is wrong", "References")
ELEMENT_HEADINGS = ("References",)
PROPOSER_HEADINGS = ("What it is", "How it works", "When it is wrong", "References")

MOST_SUGGESTIONS = 4
"""An operator that knows no better than to try everything is a search; own choice."""

_HEADING = re.compile(r"^(?:\*([A-Z][a-z ]+)\.\*|([A-Z][a-z ]+):$)", re.MULTILINE)


def check_file(contribution: Contribution[Any]) -> None:
    """The file is named for what it is, and defines exactly one object of its folder's shape."""
    stem = Path(contribution.module.__file__ or "").stem
    _require(contribution.name == stem.replace("_", "-"), contribution, f"its public name is not that of {stem}.py")
    _require(re.fullmatch(r"[a-z][a-z0-9-]*", contribution.name), contribution, "its name is not lower case")
    shape = type(contribution.value)
    defined = [name for name, value in vars(contribution.module).items() if type(value) is shape and name[0] != "_"]
    _require(len(defined) == 1, contribution, f"it defines {', '.join(defined)}, not one {shape.__name__}")


def check_documentation(contribution: Contribution[Any], headings: Sequence[str]) -> None:
    """The docstring is a sentence, then text under exactly these headings in this order.

    A heading stands on a line of its own and ends with a colon, or begins a paragraph as `*Heading.*`.
    """
    text = contribution.documentation
    _require(contribution.summary.endswith("."), contribution, "the first line of its docstring is not a sentence")
    found = list(_HEADING.finditer(text))
    names = [match[1] or match[2] for match in found]
    _require(names == list(headings), contribution, f"its docstring has the headings {names}, not {list(headings)}")
    for match, following in zip(found, [*found[1:], None], strict=False):
        said = text[match.end() : following.start() if following else None]
        _require(said.strip(), contribution, f"nothing is said under {match[0]}")


def check_symptom(contribution: Contribution[Symptom]) -> None:
    """A symptom fires where it says it does, is silent where it says so and on healthy runs, and never raises."""
    check_file(contribution)
    check_documentation(contribution, FINDING_HEADINGS)
    symptom = contribution.value
    _require(math.isfinite(symptom.threshold), contribution, "its threshold is not a number")
    _require(symptom.fires_on and symptom.silent_on, contribution, "it needs examples of both sorts")
    for number, trace in enumerate(symptom.fires_on):
        _require(symptom.fires(trace), contribution, f"it is silent on fires_on[{number}]")
        places = [reading.where for reading in symptom.measure(trace)]
        _require(len(places) == len(set(places)), contribution, f"it reads one place twice in fires_on[{number}]")
    for number, trace in enumerate(symptom.silent_on):
        _require(not symptom.fires(trace), contribution, f"it fires on silent_on[{number}]")
    for number, trace in enumerate(symptom_examples.HEALTHY):
        _require(not symptom.fires(trace), contribution, f"it fires on healthy run {number}")
    for trace in (*symptom.fires_on, *symptom.silent_on, *gaps(), *spoiled()):
        _check_readings(contribution, trace)


def check_static_rule(contribution: Contribution[LintRule]) -> None:
    """A rule fires where it says it does, is silent on healthy programs, and what it suggests silences it."""
    check_file(contribution)
    check_documentation(contribution, FINDING_HEADINGS)
    rule = contribution.value
    _require(rule.fires_on, contribution, "it needs examples on which it fires")
    left_out = set(lint_examples.HEALTHY) - set(rule.silent_on)
    _require(not left_out, contribution, "the healthy programs are not among its silent examples")
    for number, text in enumerate(rule.silent_on):
        _require(not list(rule.check(_elements(text))), contribution, f"it fires on silent_on[{number}]")
    for number, text in enumerate(rule.fires_on):
        program = Program.from_text(text)
        hits = list(rule.check(find_all(program)))
        _require(hits, contribution, f"it is silent on fires_on[{number}]")
        for hit in hits:
            _check_hit(contribution, program, hit)


def check_operator(contribution: Contribution[Operator]) -> None:
    """An operator suggests what its examples say, in order, and only what can be written and read back."""
    check_file(contribution)
    check_documentation(contribution, OPERATOR_HEADINGS)
    operator = contribution.value
    _require(operator.kind in _kinds(), contribution, f"there is no element kind {operator.kind!r}")
    _require(operator.examples, contribution, "it needs examples")
    for text, label, expected in operator.examples:
        elements = _elements(text)
        element = next((element for element in elements if element.label == label), None)
        if element is None or element.kind != operator.kind:
            raise _malformed(contribution, f"{label!r} is no {operator.kind} of its example")
        suggested = list(operator.suggest(element, elements, symptom_examples.healthy()))
        first = suggested[0].value if suggested else None
        _require(first == expected, contribution, f"it suggests {first} for {label!r}, not {expected}")
        for suggestion in suggested:
            taken = _takes(Program.from_text(text), element, suggestion.value)
            _require(taken, contribution, f"{label!r} -> {suggestion.value} does not read back as that")
        check_suggestions(contribution, elements)


def check_suggestions(contribution: Contribution[Operator], elements: tuple[Element, ...]) -> None:
    """What an operator suggests is well formed for every element of a program, whatever its trace."""
    operator = contribution.value
    traces = (*symptom_examples.HEALTHY, symptom_examples.unlearned(), Trace("keras", "jax", 1))
    for element in elements:
        for trace in traces if element.kind == operator.kind else ():
            given = list(operator.suggest(element, elements, trace))
            values = [suggestion.value for suggestion in given]
            priors = [suggestion.prior for suggestion in given]
            where = f"for {element.label!r}"
            _require(element.value is None or element.value not in values, contribution, f"what is there, {where}")
            _require(len(set(values)) == len(values), contribution, f"it repeats itself {where}")
            _require(len(given) <= MOST_SUGGESTIONS, contribution, f"it suggests {len(given)} values {where}")
            _require(all(map(_finite, values)), contribution, f"a value is not finite {where}")
            _require(all(0 < prior <= 1 for prior in priors), contribution, f"a prior is outside (0, 1] {where}")
            _require(priors == sorted(priors, reverse=True), contribution, f"its best value is not first {where}")
            _require(all(suggestion.reason for suggestion in given), contribution, f"it gives no reason {where}")


def check_element_kind(contribution: Contribution[ElementKind], programs: Iterable[str]) -> None:
    """Elements stand where they say; each value offered is another one, and is refused or can be read back.

    Args:
        programs: texts of programs; elements of other kinds in them are passed over.
    """
    check_file(contribution)
    check_documentation(contribution, ELEMENT_HEADINGS)
    kind = contribution.value
    for text in programs:
        program = Program.from_text(text)
        for element in kind.find(program):
            _require(element.kind == contribution.name, contribution, f"it finds a {element.kind}")
            there = program.main.text[element.start : element.end]
            _require(there == element.text, contribution, f"{element.label!r} is not where it says it is")
            _require(element.absent == (there == ""), contribution, f"{element.label!r} is absent or not?")
            offered = kind.values(element)
            _require(element.value not in offered, contribution, f"{element.label!r} is offered what it is")
            _require(len(set(offered)) == len(offered), contribution, f"{element.label!r} is offered a value twice")
            for value in offered:
                try:
                    taken = _takes(program, element, value)
                except Unchangeable:
                    continue
                _require(taken, contribution, f"{element.label!r} -> {value} does not read back as that")


def check_metric(contribution: Contribution[Metric]) -> None:
    """A metric is within its bounds, best for flawless answers, and knows the constant answer that does best by it."""
    check_file(contribution)
    check_documentation(contribution, ())
    metric = contribution.value
    _require(metric.name == contribution.name, contribution, f"it calls itself {metric.name!r}")
    _require(metric.smallest_gain > 0, contribution, "its smallest gain is not positive")
    _require(metric.lower < metric.upper, contribution, "its bounds are no range")
    for seed in range(5):
        chance = np.random.default_rng(seed)
        truth: Array
        answers: Array
        if metric.task is Task.CLASSIFICATION:
            truth, answers = (chance.choice(3, size=40, p=(0.5, 0.3, 0.2)) for _ in range(2))
            constants = [np.full(40, label) for label in range(3)]
            best = np.full(40, np.bincount(truth).argmax())
        else:
            truth, answers = chance.exponential(size=40), chance.normal(size=40)
            constants = [np.full(40, float(value)) for value in np.linspace(0, 3, 31)]
            best = np.full(40, np.median(truth) if metric.trivial is Constant.MEDIAN else np.mean(truth))
        score, order = metric.compute(truth, answers), chance.permutation(40)
        _require(metric.lower <= score <= metric.upper, contribution, f"its value {score} is out of bounds")
        again = metric.compute(truth[order], answers[order])
        _require(math.isclose(score, again, rel_tol=1e-9), contribution, "the order of the rows changes its value")
        flawless = metric.compute(truth, truth)
        _require(metric.gain(score, flawless) >= 0, contribution, "random answers score better than flawless ones")
        _require(metric.perfect in (None, flawless), contribution, f"flawless answers score {flawless}")
        for constant in constants:
            ahead = metric.gain(metric.compute(truth, best), metric.compute(truth, constant))
            _require(ahead <= 1e-9, contribution, f"always {constant[0]:g} does better than {metric.trivial.value}")


def check_proposer(contribution: Contribution[ProposerKind]) -> None:
    """A proposer asks for nothing twice, for nothing that cannot be paid, and for the same again from the same seed."""
    check_file(contribution)
    check_documentation(contribution, PROPOSER_HEADINGS)
    asked = _played(contribution)
    _require(asked, contribution, "it proposes nothing for a program with suspects and a symptom")
    once = Counter((proposal.patch.id, proposal.effort) for proposal in asked)
    _require(max(once.values()) == 1, contribution, "it proposes a patch twice at the same effort")
    for proposal in asked:
        described = proposal.patch.describe()
        _require(proposal.patch.size > 0, contribution, "it proposes to change nothing")
        _require("epochs" not in described, contribution, f"it proposes what cannot be paid for: {described}")
        _require(proposal.runs >= 1 and 0 < proposal.effort <= 1, contribution, "its runs or effort are out of range")
        _require(proposal.reason, contribution, f"it gives no reason for {described}")
        proposal.patch.patched_program()
    again = [proposal.patch.id for proposal in _played(contribution)]
    _require(again == [proposal.patch.id for proposal in asked], contribution, "the same seed gives other proposals")


def check_names(folders: Mapping[str, Mapping[str, Contribution[Any]]]) -> None:
    """No two contributions of different folders share a name: what a report names can be explained.

    Args:
        folders: contributions by public name, by folder.
    """
    count = Counter(name for found in folders.values() for name in found)
    for found in folders.values():
        for contribution in found.values():
            _require(count[contribution.name] == 1, contribution, "its name is taken in another folder")


def _check_readings(contribution: Contribution[Symptom], trace: Trace) -> None:
    for reading in contribution.value.measure(trace):
        _require(not math.isnan(reading.value), contribution, "it reads nan: leave such a reading out")
        _require(0 <= reading.severity <= 1, contribution, f"severity {reading.severity} is outside [0, 1]")
        _require(reading.where, contribution, "it does not say where it reads")
        _require(reading.message.endswith("."), contribution, f"{reading.message!r} is not a sentence")
        for blame in reading.blames:
            _check_blame(contribution, blame)


def _check_blame(contribution: Contribution[Any], blame: Blame) -> None:
    _require(blame.kind in _kinds(), contribution, f"there is no element kind {blame.kind!r} to blame")
    _require(0 < blame.weight <= 1, contribution, f"weight {blame.weight} is outside (0, 1]")
    _require(blame.role in (None, "input", "hidden", "output"), contribution, f"there is no role {blame.role!r}")
    _require(len(set(blame.values)) == len(blame.values), contribution, "it suggests a value twice")
    _require(all(map(_finite, blame.values)), contribution, "it suggests a value that is not finite")


def _check_hit(contribution: Contribution[LintRule], program: Program, hit: Hit) -> None:
    elements = find_all(program)
    _require(hit.element in elements, contribution, "it hits an element the program does not have")
    _require(0 < hit.severity <= 1, contribution, f"severity {hit.severity} is outside (0, 1]")
    _require(hit.message.endswith("."), contribution, f"{hit.message!r} is not a sentence")
    _require(hit.blames, contribution, "it blames nothing")
    for blame in hit.blames:
        _check_blame(contribution, blame)
        fitting = [element for element in elements if _points_to(blame, element)]
        element = hit.element if hit.element in fitting else fitting[0] if fitting else None
        if element is None:
            raise _malformed(contribution, f"{blame} points to nothing")
        present = [other.value for other in fitting]
        for value in blame.values:
            _require(value not in present, contribution, f"{element.label!r} is to become what it is")
            patched = program.patched(change(program, element, value))
            left = list(contribution.value.check(find_all(patched)))
            _require(not left, contribution, f"it still fires after its own {element.label!r} -> {value}")


def _points_to(blame: Blame, element: Element) -> bool:
    return element.kind == blame.kind and blame.role in (None, element.role) and blame.layer in (None, element.layer)


def _takes(program: Program, element: Element, value: Value) -> bool:
    """Whether a value that is put at an element reads back as that value, and all else of its kind as before.

    Values are counted rather than compared place by place: a change may move its element, add a layer or rename the
    call that it belongs to. None removes a layer.

    Raises:
        Unchangeable: the value cannot be put there.
    """
    changed = program.patched(change(program, element, value))
    before, after = (
        Counter(other.value for other in find_all(each, crashed=True) if other.kind == element.kind)
        for each in (program, changed)
    )
    gained = Counter() if value is None else Counter([value])
    return after - before == gained and before - after == Counter([element.value])


def _played(contribution: Contribution[ProposerKind]) -> list[Proposal[SourcePatch]]:
    """What a proposer asks for in at most 30 trials that all fail, where longer trainings cannot be paid for."""
    program = Program.from_text(lint_examples.HEALTHY[0])
    space = Space(program, find_all(program))
    suspects = [element for element in space.elements if element.kind in ("learning-rate", "epochs", "optimiser")]
    moves = ranked(Move(each, value, 0.4, "a check") for each in suspects for value in values_of(each))
    proposer = contribution.value.start(
        Start(
            space=space,
            traces=(symptom_examples.sick(symptom_examples.unlearned(), "dense", gradient_norm=1e-7),),
            moves=lambda assignment, traces: [move for move in moves if move.element.id not in assignment],
            runs=3,
            seed=0,
            has_goal=True,
            cost=lambda factor: 1.0 if factor == 1 else 100.0,
            runs_left=lambda: 50.0,
            train_seconds=60.0,
        )
    )
    asked: list[Proposal[SourcePatch]] = []
    while len(asked) < 30 and (proposal := proposer.ask()) is not None:
        asked.append(proposal)
        draw = Draw(Purpose.SCREEN, tuple(range(proposal.runs)), proposal.effort)
        evidence = Evidence(draw, (), metric_named("accuracy"), stopped="a played trial")
        verdict = Verdict(Outcome.INCONCLUSIVE if proposal.effort < 1 else Outcome.INVALID, "It crashed.")
        proposer.tell(Trial(len(asked), proposal.patch, draw, evidence, verdict))
    return asked


def _elements(text: str) -> tuple[Element, ...]:
    return find_all(Program.from_text(text), crashed=True)


def _kinds() -> Mapping[str, Contribution[ElementKind]]:
    return contributions("netmend.program.elements", ElementKind)


def _finite(value: Value) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _require(holds: object, contribution: Contribution[Any], rule: str) -> None:
    if not holds:
        raise _malformed(contribution, rule)


def _malformed(contribution: Contribution[Any], rule: str) -> Malformed:
    hint = "see the _base.py of its folder"
    return Malformed(f"{contribution.name}: {rule}", where=f"{contribution.module.__file__}:1", hint=hint)
