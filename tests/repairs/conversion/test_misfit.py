from dataclasses import replace

import numpy as np
import pytest

from netmend.network.edits import SetAttribute, SetConstant, edited
from netmend.repairs.conversion.distance import ENDLESS, Distance
from netmend.repairs.conversion.faults._isolation import isolated
from netmend.repairs.conversion.misfit import errors, misfit, outputs, rounding, watched
from netmend.testing.graphs import NETWORKS, inputs_of

RIGHT = {"y": np.array([[1.0, 2.0], [3.0, 4.0]])}


def case_of(name, *edits):
    graph = NETWORKS[name](0)
    return isolated(graph, edited(graph, edits), inputs_of(graph, 4, 0))


def test_the_error_of_an_output_is_its_difference_and_endless_without_an_answer():
    assert errors({"y": RIGHT["y"] + [[0, 0], [0, -0.5]]}, RIGHT) == {"y": Distance(0.5, 0.25)}
    for answers in (None, {}, {"y": RIGHT["y"][:1]}):
        assert errors(answers, RIGHT) == {"y": ENDLESS}


def test_a_misfit_is_the_mean_squared_error_as_a_share_of_the_mean_square():
    assert misfit(RIGHT, RIGHT) == 0
    assert misfit({"y": np.zeros((2, 2))}, RIGHT) == pytest.approx(1)
    assert misfit({"y": RIGHT["y"] + 1}, RIGHT) == pytest.approx(1 / np.mean(RIGHT["y"] ** 2))


def test_a_wrong_number_is_nearer_than_none_and_any_answer_nearer_than_one_of_another_shape():
    far, lost, shaped = RIGHT["y"] * 1e9, RIGHT["y"] * np.nan, RIGHT["y"].ravel()
    assert (
        1 < misfit({"y": far}, RIGHT) < misfit({"y": lost}, RIGHT) < misfit({"y": shaped}, RIGHT) == misfit(None, RIGHT)
    )


def test_rounding_is_above_what_single_precision_does_and_far_below_a_fault():
    case = case_of("attentive", SetAttribute("shares", "axis", 2))
    allowed = rounding(case)
    for name, right in case.right.items():
        assert 2.0**-24 * np.abs(right).max() <= allowed[name].largest <= 1e-3 * np.abs(right).max()
    assert all(error.times_of(allowed[name]) > 1 for name, error in errors(outputs(watched(case)), case.right).items())


def test_coarse_constants_allow_coarser_rounding():
    graph = NETWORKS["flattened"](0)
    name = next(
        each for node in graph.nodes for each in node.inputs if graph.constants.get(each, np.empty(0)).ndim == 2
    )
    fine = case_of("flattened", SetConstant(name, 2 * graph.constants[name]))
    half = {**fine.target.constants, name: fine.target.constants[name].astype(np.float16)}
    coarse = replace(fine, target=replace(fine.target, constants=half))
    for output, allowed in rounding(fine).items():
        assert rounding(coarse)[output].largest == pytest.approx(2.0**13 * allowed.largest)
