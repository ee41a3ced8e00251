from pathlib import Path

import pytest

from netmend.core.errors import Unchangeable
from netmend.mutation.generate import mutants
from netmend.mutation.mutant import together
from netmend.mutation.operators._examples import keras, torch
from netmend.program.elements._find import find_all
from netmend.program.source import Program

SUBJECTS = sorted((Path(__file__).parents[1] / "subjects" / "correct").glob("*.py"))


def made(text, operator, shown):
    program = Program.from_text(text)
    (found,) = [each for each in mutants(program, [operator]) if each.mutations[0].change.after == shown]
    return found


@pytest.mark.parametrize("path", SUBJECTS, ids=lambda path: path.stem)
def test_every_mutant_of_a_real_program_compiles_and_its_inverse_gives_the_original_back(path):
    program = Program.read(path)
    found = list(mutants(program))
    assert len({mutant.operator for mutant in found}) >= 15
    for mutant in found:
        assert mutant.program.patched(mutant.inverse).main.raw == path.read_bytes()
        (truth,) = mutant.truth
        if truth.element:
            assert truth.element in {element.id for element in find_all(mutant.program)}


def test_the_truth_names_the_element_as_it_stands_in_the_mutant():
    program = Program.from_text(torch())
    first, second = [each for each in mutants(program, ["WCI"]) if each.mutations[0].value == "ones"]
    elements = {element.id: element for element in find_all(first.program)}
    (truth,) = first.truth
    assert (truth.wrong, truth.right, truth.place.line) == ("ones", "default", 5)
    assert elements[truth.element].value == "ones"
    assert elements[truth.element].layer == 0
    assert {each.id: each for each in find_all(second.program)}[second.truth[0].element].layer == 2


def test_what_no_element_covers_has_a_place_all_the_same():
    mutant = made(torch(), "TCL", "50 %")
    (truth,) = mutant.truth
    assert truth.element == ""
    assert mutant.program.main.text.splitlines()[truth.mutated_place.line - 1].startswith("# TCL: 50 %")
    mutant = next(mutants(Program.from_text(keras()), ["WRB"]))
    (truth,) = mutant.truth
    assert (truth.kind, truth.wrong, truth.right) == ("bias", "no", "yes")
    column = truth.mutated_place.column - 1
    assert mutant.program.main.text.splitlines()[truth.mutated_place.line - 1][column:].startswith(", use_bias=False")


def test_two_faults_are_one_program_with_two_truths():
    program = Program.from_text(torch())
    rate = made(torch(), "HLR", "1e-05")
    loss = made(torch(), "LCH", "categorical_hinge")
    both = together(rate, loss)
    assert both.acronym == "HLR+LCH"
    assert both.program.patched(both.inverse) == program
    elements = {element.id: element.value for element in find_all(both.program)}
    assert [elements[truth.element] for truth in both.truth] == [1e-5, "categorical_hinge"]


def test_two_faults_at_one_place_are_refused():
    program = Program.from_text(keras())
    first, second, *_ = mutants(program, ["ACH"])
    with pytest.raises(Unchangeable):
        together(first, second)
