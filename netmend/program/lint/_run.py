"""All static rules over the elements of a program."""

from __future__ import annotations

from collections.abc import Sequence

from netmend.core.discover import contributions
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit, LintRule


def run(elements: Sequence[Element]) -> tuple[tuple[str, Hit], ...]:
    """Every hit of every rule with the rule's name, the most severe first, then in order of appearance."""
    rules = contributions("netmend.program.lint", LintRule)
    hits = [(rule.name, hit) for rule in rules.values() for hit in rule.value.check(elements)]
    return tuple(sorted(hits, key=lambda pair: (-pair[1].severity, pair[1].element.place, pair[0])))
