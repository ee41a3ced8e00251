"""Every operator: its own examples, its documentation, and what no operator may do."""

from __future__ import annotations

import math
import re

import pytest

from netmend.core.discover import Contribution, contributions
from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.source import Program
from netmend.repairs.program.operators._base import Operator
from netmend.repairs.program.operators._suggest import suggestions
from netmend.training.symptoms._examples import HEALTHY, healthy, unlearned
from netmend.training.trace import Trace

OPERATORS = contributions("netmend.repairs.program.operators", Operator)
HEADINGS = ("What it changes", "When it helps", "When it is wrong", "References")
KINDS = contributions("netmend.program.elements", ElementKind)

each_operator = pytest.mark.parametrize("contribution", OPERATORS.values(), ids=list(OPERATORS))


def elements_of(program: str) -> tuple[Element, ...]:
    read = Program.from_text(program)
    return tuple(element for kind in KINDS.values() for element in kind.value.find(read))


@each_operator
def test_its_documentation_has_the_headings_in_order(contribution: Contribution[Operator]) -> None:
    found = re.findall(r"^([A-Z][a-z ]+):$", contribution.documentation, flags=re.MULTILINE)
    assert tuple(found) == HEADINGS
    assert contribution.summary.endswith(".")


@each_operator
def test_its_kind_exists(contribution: Contribution[Operator]) -> None:
    assert contribution.value.kind in KINDS


@each_operator
def test_its_examples_are_what_it_suggests_first(contribution: Contribution[Operator]) -> None:
    assert contribution.value.examples
    for program, label, expected in contribution.value.examples:
        elements = elements_of(program)
        found = [element for element in elements if element.label == label]
        assert found, f"{label!r} is none of {[element.label for element in elements]}"
        assert found[0].kind == contribution.value.kind
        given = list(contribution.value.suggest(found[0], elements, healthy()))
        if expected is None:
            assert given == []
        else:
            assert given[0].value == expected


@each_operator
def test_what_it_suggests_is_well_formed_for_every_element_and_trace(contribution: Contribution[Operator]) -> None:
    programs = [program for operator in OPERATORS.values() for program, _, _ in operator.value.examples]
    for program in dict.fromkeys(programs):
        elements = elements_of(program)
        for element in elements:
            if element.kind == contribution.value.kind:
                for trace in (*HEALTHY, unlearned(), Trace("keras", "jax", 1)):
                    check(contribution.value, element, elements, trace)


def check(operator: Operator, element: Element, elements: tuple[Element, ...], trace: Trace) -> None:
    given = list(operator.suggest(element, elements, trace))
    values = [suggestion.value for suggestion in given]
    assert element.value is None or element.value not in values
    assert len(set(values)) == len(values)
    assert len(given) <= 4
    for suggestion in given:
        assert 0 < suggestion.prior <= 1
        assert suggestion.reason
        assert not isinstance(suggestion.value, float) or math.isfinite(suggestion.value)
    priors = [suggestion.prior for suggestion in given]
    assert priors == sorted(priors, reverse=True), "best first"


@each_operator
def test_every_value_it_suggests_can_be_written(contribution: Contribution[Operator]) -> None:
    """Each suggestion for each example is put into the program, and read back as that value."""
    for program, label, _ in contribution.value.examples:
        elements = elements_of(program)
        element = next(element for element in elements if element.label == label)
        for suggestion in contribution.value.suggest(element, elements, healthy()):
            assert written(program, element, suggestion.value) == suggestion.value


def written(program: str, element: Element, value: Value) -> Value:
    read = Program.from_text(program)
    try:
        edits = KINDS[element.kind].value.change(read, element, value)
    except Unchangeable as refusal:
        pytest.fail(f"{element.label} cannot be {value}: {refusal}")
    changed = read.patched(edits).main.text
    found = [other for other in elements_of(changed) if other.kind == element.kind and other.owner == element.owner]
    return found[0].value if found else None


def test_suggestions_of_all_operators_are_those_of_the_element_kind() -> None:
    program = OPERATORS["reset-learning-rate"].value.examples[0][0]
    elements = elements_of(program)
    for element in elements:
        names = {name for name, _ in suggestions(element, elements, healthy())}
        assert names <= {name for name, operator in OPERATORS.items() if operator.value.kind == element.kind}
    assert any(suggestions(element, elements, healthy()) for element in elements)
