from collections import Counter
from dataclasses import replace

import pytest

from bench.localiser.collect import read
from bench.localiser.evaluate import cases
from bench.localiser.search import MUTANTS, drawn, goal, held_out_model


def test_mutants_are_drawn_from_all_programs_and_have_an_element_at_fault():
    rows = drawn(read())
    assert len(rows) == MUTANTS and all(row["rank"] for row in rows)
    assert len({row["mutant"] for row in rows}) == MUTANTS
    of_program = Counter(row["program"] for row in rows)
    assert len(of_program) == 14 and max(of_program.values()) == 2
    assert rows == drawn(read()) != drawn(read(), seed=2)


@pytest.mark.parametrize(
    ("metric", "worst", "expected"), [("accuracy", "0.9", 0.89), ("mean-absolute-error", "2", 2.1)]
)
def test_the_goal_is_the_original_less_what_does_not_matter(metric, worst, expected):
    assert goal({"metric": metric, "worst": worst}) == pytest.approx(expected)


def test_the_model_has_not_seen_the_program():
    pytest.importorskip("sklearn")
    found = cases(read())
    program = found[0].program
    others = [case for case in found if case.program != program]
    model = held_out_model(found, program)
    spoiled = [replace(case, fault="loss") if case.program == program else case for case in found]
    assert model.runs == len(others) < len(found)
    assert held_out_model(spoiled, program) == model
    other = others[0].program
    assert held_out_model(found, other) != model
