"""Every kind of source element satisfies what kinds must, in programs of both frameworks and many styles."""

from collections import Counter

import pytest

from netmend.core.discover import contributions
from netmend.program.elements._base import ElementKind
from netmend.program.elements._find import find_all
from netmend.program.lint._base import LintRule
from netmend.program.lint._examples import keras_program, torch_program
from netmend.program.source import Program
from netmend.repairs.program.operators.ease_schedule import STEPPED
from netmend.testing.conformance import check_element_kind

KINDS = contributions("netmend.program.elements", ElementKind)
RULES = contributions("netmend.program.lint", LintRule)
# The examples of the static rules: small programs of both frameworks, healthy and not.
PROGRAMS = (
    *dict.fromkeys(text for rule in RULES.values() for text in (rule.value.fires_on[0], *rule.value.silent_on[:2])),
    keras_program('Conv1D(8, 3, activation="relu")', 'Dense(10, activation="softmax")'),
    keras_program(optimizer="keras.optimizers.Adam(lr=0.1)", fit="nb_epoch=20"),
    keras_program(optimizer="keras.optimizers.Adam(beta_1=0.999, beta_2=0.9)"),
    torch_program().replace("optimiser.step()", "optimiser.step()\n        print(loss.data[0])"),
    keras_program("Embedding(100, 8)", 'Dense(10, activation="softmax")'),
    torch_program("Embedding(len(words), 8)", "Flatten()", "Linear(80, 2)"),
    STEPPED,
)


@pytest.mark.parametrize("contribution", KINDS.values(), ids=list(KINDS))
def test_a_kind_satisfies_what_kinds_must(contribution):
    check_element_kind(contribution, PROGRAMS)


def test_every_kind_occurs_in_these_programs():
    """Else the check above would have had nothing to look at."""
    met = Counter(element.kind for text in PROGRAMS for element in find_all(Program.from_text(text), crashed=True))
    assert set(met) == set(KINDS)


def test_every_element_of_a_program_is_of_exactly_one_kind():
    for text in PROGRAMS:
        program = Program.from_text(text)
        by_kind = [element for kind in KINDS.values() for element in kind.value.find(program)]
        assert Counter(by_kind) == Counter(find_all(program, crashed=True))
