"""Every static rule is documented, fires where it says it fires, and is silent where it says it is silent."""

import re

import pytest

from netmend.core.discover import contributions
from netmend.program.elements._find import change, find_all
from netmend.program.lint._base import LintRule
from netmend.program.lint._examples import HEALTHY
from netmend.program.lint._run import run
from netmend.program.source import Program

RULES = contributions("netmend.program.lint", LintRule)
HEADINGS = ("What it is:", "How it is measured:", "When it is wrong:", "References:")
EXAMPLES = [
    pytest.param(name, program, fires, id=f"{name}-{'fires' if fires else 'silent'}-{number}")
    for name, rule in RULES.items()
    for fires, programs in ((True, rule.value.fires_on), (False, rule.value.silent_on))
    for number, program in enumerate(programs)
]


@pytest.mark.parametrize("name", RULES)
def test_documentation_has_all_headings_in_order(name):
    found = re.findall(r"^(?:What|How|When|References).*:$", RULES[name].documentation, re.MULTILINE)
    assert tuple(found) == HEADINGS
    assert RULES[name].summary.endswith(".")


@pytest.mark.parametrize("name", RULES)
def test_there_are_examples_of_both_sorts(name):
    rule = RULES[name].value
    assert rule.fires_on and set(HEALTHY) <= set(rule.silent_on)


@pytest.mark.parametrize(("name", "program", "fires"), EXAMPLES)
def test_example(name, program, fires):
    elements = find_all(Program.from_text(program))
    hits = list(RULES[name].value.check(elements))
    assert bool(hits) == fires, [hit.message for hit in hits] or [element.label for element in elements]
    for hit in hits:
        assert hit.element in elements
        assert 0 < hit.severity <= 1
        assert hit.message.endswith(".")
        assert hit.blames
        for blame in hit.blames:
            fitting = [element for element in elements if _points_to(blame, element)]
            assert fitting, f"{blame} points to nothing"
            assert 0 < blame.weight <= 1
            assert not any(value == element.value for value in blame.values for element in fitting)


@pytest.mark.parametrize("name", RULES)
def test_every_value_to_try_can_be_written_and_silences_the_rule(name):
    for text in RULES[name].value.fires_on:
        program = Program.from_text(text)
        elements = find_all(program)
        for hit in RULES[name].value.check(elements):
            for blame in hit.blames:
                element = hit.element if _points_to(blame, hit.element) else _only(blame, elements)
                for value in blame.values:
                    patched = program.patched(change(program, element, value))
                    left = list(RULES[name].value.check(find_all(patched)))
                    assert not left, f"{element.label} -> {value}: {left[0].message}"


def _only(blame, elements):
    (element,) = (element for element in elements if _points_to(blame, element))
    return element


def _points_to(blame, element):
    return element.kind == blame.kind and blame.role in (None, element.role) and blame.layer in (None, element.layer)


@pytest.mark.parametrize("program", HEALTHY)
def test_nothing_is_found_in_healthy_programs(program):
    assert run(find_all(Program.from_text(program))) == ()
