"""Every static rule satisfies what rules must; and all of them together are silent on healthy programs."""

import pytest

from netmend.core.discover import contributions
from netmend.program.elements._find import find_all
from netmend.program.lint._base import LintRule
from netmend.program.lint._examples import HEALTHY
from netmend.program.lint._run import run
from netmend.program.source import Program
from netmend.testing.conformance import check_static_rule

RULES = contributions("netmend.program.lint", LintRule)


@pytest.mark.parametrize("contribution", RULES.values(), ids=list(RULES))
def test_a_rule_satisfies_what_rules_must(contribution):
    check_static_rule(contribution)


@pytest.mark.parametrize("program", HEALTHY)
def test_nothing_is_found_in_healthy_programs(program):
    assert run(find_all(Program.from_text(program))) == ()
