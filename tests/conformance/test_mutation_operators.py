"""Every mutation operator satisfies what they must, for its own examples and in those of all others."""

import inspect

import pytest

from netmend.core.discover import contributions
from netmend.core.errors import Unchangeable
from netmend.mutation.generate import mutants, operators_named, refusals
from netmend.mutation.operators._base import MutationOperator, NotApplicable, Reason
from netmend.program.elements._find import find_all
from netmend.program.source import Program
from netmend.testing.conformance import check_documentation, check_file

HEADINGS = ("What it changes", "Parameters", "When it is wrong", "References")
OPERATORS = contributions("netmend.mutation.operators", MutationOperator)
PROGRAMS = tuple(dict.fromkeys(text for item in OPERATORS.values() for text, _, _ in item.value.examples))

# The operators of Humbatova, Jahangirova and Tonella, ISSTA 2021.
DEEPCRIME = """
TCL TRD TUD TAN TCO HBS HLR HNE HDB ACH ARM AAL RAW RCW RRW RCD RCP WCI WAB WRB LCH OCH OCG VRM
"""

each_operator = pytest.mark.parametrize("contribution", OPERATORS.values(), ids=list(OPERATORS))


def made(contribution, text):
    """Values and texts of the mutants that an operator makes of a program, those of its examples' values included."""
    program, found = Program.from_text(text), []
    for opportunity in contribution.value.find(program):
        if isinstance(opportunity, NotApplicable):
            continue
        values = [value for example, value, _ in contribution.value.examples if example == text]
        for value in dict.fromkeys([*opportunity.values, *(values if opportunity.scale else ())]):
            try:
                found.append((value, program.patched(opportunity.edits(value)).main.text))
            except Unchangeable:
                continue
    return found


def test_there_is_one_for_each_operator_of_deepcrime():
    acronyms = [item.value.acronym for item in OPERATORS.values()]
    assert sorted(acronyms) == sorted(DEEPCRIME.split())
    assert set(operators_named(["ach", "Change-Activation"])) == {"change-activation"}


@each_operator
def test_an_operator_is_one_documented_object_of_its_file(contribution):
    check_file(contribution)
    check_documentation(contribution, HEADINGS)
    assert f"{contribution.value.acronym} of DeepCrime" in inspect.getdoc(contribution.module)


@each_operator
def test_an_operator_makes_the_mutants_of_its_examples(contribution):
    assert contribution.value.examples
    for text, value, mutated in contribution.value.examples:
        texts = [text for present, text in made(contribution, text) if present == value]
        assert mutated in texts, "\n--\n".join(texts)


@each_operator
def test_an_operator_says_why_it_finds_nothing(contribution):
    assert contribution.value.silent_on
    for text, reason in contribution.value.silent_on:
        found = list(contribution.value.find(Program.from_text(text)))
        assert [each.reason for each in found if isinstance(each, NotApplicable)] == [reason]
        assert len(found) == 1 and found[0].sentence


@pytest.mark.parametrize("text", PROGRAMS)
def test_the_inverse_of_every_mutant_gives_the_original_back_byte_for_byte(text):
    for variant in (text, text.replace("\n", "\r\n")):
        program = Program.from_text(variant)
        found = list(mutants(program))
        assert found
        assert len({mutant.patch.id for mutant in found}) == len(found)
        for mutant in found:
            compile(mutant.program.main.text, "mutant.py", "exec")
            assert mutant.program.main.raw != variant.encode()
            assert mutant.program.patched(mutant.inverse).main.raw == variant.encode()


@pytest.mark.parametrize("text", PROGRAMS)
def test_what_is_wrong_with_a_mutant_is_the_element_that_its_truth_names(text):
    program = Program.from_text(text)
    for mutant in mutants(program):
        (truth,) = mutant.truth
        there = {element.id: element for element in find_all(mutant.program)}
        if truth.element:
            assert there[truth.element].kind == truth.kind
            if truth.kind not in ("optimiser", "regulariser", "learning-rate"):  # these may be spelled in several ways
                assert str(there[truth.element].value) == truth.wrong
        assert truth.wrong != truth.right
        assert 1 <= truth.mutated_place.line <= len(mutant.program.main.text.splitlines())


def test_every_operator_makes_a_mutant_or_gives_a_reason_in_every_program():
    for text in PROGRAMS:
        program = Program.from_text(text)
        named = {mutant.operator for mutant in mutants(program)} | {each.operator for each in refusals(program)}
        assert named == set(OPERATORS)
        assert all(isinstance(each.why.reason, Reason) and each.why.sentence for each in refusals(program))
