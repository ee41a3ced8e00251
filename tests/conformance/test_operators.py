"""Every operator satisfies what operators must, for its own examples and for those of all others."""

from __future__ import annotations

import pytest

from netmend.core.discover import Contribution, contributions
from netmend.program.elements._find import find_all
from netmend.program.source import Program
from netmend.repairs.program.operators._base import Operator
from netmend.repairs.program.operators._suggest import suggestions
from netmend.testing.conformance import check_operator, check_suggestions
from netmend.training.symptoms._examples import healthy

OPERATORS = contributions("netmend.repairs.program.operators", Operator)
PROGRAMS = tuple(dict.fromkeys(text for item in OPERATORS.values() for text, _, _ in item.value.examples))

each_operator = pytest.mark.parametrize("contribution", OPERATORS.values(), ids=list(OPERATORS))


@each_operator
def test_an_operator_satisfies_what_operators_must(contribution: Contribution[Operator]) -> None:
    check_operator(contribution)


@each_operator
def test_what_it_suggests_is_well_formed_in_the_examples_of_all_operators(contribution: Contribution[Operator]) -> None:
    for text in PROGRAMS:
        check_suggestions(contribution, find_all(Program.from_text(text)))


def test_suggestions_of_all_operators_are_those_of_the_element_kind() -> None:
    elements = find_all(Program.from_text(OPERATORS["reset-learning-rate"].value.examples[0][0]))
    for element in elements:
        names = {name for name, _ in suggestions(element, elements, healthy())}
        assert names <= {name for name, operator in OPERATORS.items() if operator.value.kind == element.kind}
    assert any(suggestions(element, elements, healthy()) for element in elements)
