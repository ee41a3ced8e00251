"""All static rules over the elements of a program."""

from __future__ import annotations

from collections.abc import Sequence

from netmend.core.discover import contributions
from netmend.program.elements._base import Element, of_output
from netmend.program.lint._base import Hit, LintRule


def run(elements: Sequence[Element]) -> tuple[tuple[str, Hit], ...]:
    """Every hit of every rule with the rule's name, the most severe first, then in order of appearance.

    Of a model with several outputs each is read by itself, with what they share.
    """
    rules = contributions("netmend.program.lint", LintRule)
    several = sorted({element.output for element in elements if element.output is not None})
    outputs: list[int | None] = [*several] or [None]
    hits = {
        (rule.name, hit.element.id, hit.message): (rule.name, hit)
        for output in outputs
        for rule in rules.values()
        for hit in rule.value.check(of_output(elements, output))
    }
    return tuple(sorted(hits.values(), key=lambda pair: (-pair[1].severity, pair[1].element.place, pair[0])))
