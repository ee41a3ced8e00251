"""Inputs are dealt out so that either half shows what is wrong; rows that are not separate stay together."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.network.edits import SetAttribute, edited
from netmend.repairs.conversion.faults._isolation import isolated
from netmend.repairs.conversion.halves import halves, worst_row
from netmend.repairs.conversion.misfit import watched
from netmend.testing.graphs import NETWORKS, inputs_of


@pytest.fixture
def case():
    graph = NETWORKS["convolutional"](0)
    faulty = edited(graph, [SetAttribute("c1", "pads", [1, 1, 0, 0])])
    return watched(isolated(graph, faulty, inputs_of(graph, 6, 0)))


def test_rows_are_dealt_out_the_worst_first(case):
    one, other = halves(case)
    (name,) = case.right
    rows = [np.concatenate([part.right[name] for part in (one, other)])]
    np.testing.assert_array_equal(np.sort(rows[0], axis=0), np.sort(case.right[name], axis=0))
    assert len(one.right[name]) == len(other.right[name]) == 3
    off = [np.abs(part.answers(())[name] - part.right[name]).reshape(3, -1).max(1) for part in (one, other)]
    worst = np.abs(case.answers(())[name] - case.right[name]).reshape(6, -1).max(1)
    assert {off[0].max(), off[1].max()} == set(np.sort(worst)[-2:])


def test_a_single_row_is_taken_twice(case):
    single = replace(case, values={name: value[:1] for name, value in case.values.items()})
    assert halves(single) == (single, single)


def test_the_worst_row_is_the_one_that_is_furthest_off(case):
    (name,) = case.right
    off = np.abs(case.answers(())[name] - case.right[name]).reshape(6, -1).max(1)
    np.testing.assert_array_equal(worst_row(case).right[name], case.right[name][[off.argmax()]])


def test_a_single_row_has_no_worst(case):
    assert worst_row(replace(case, values={name: value[:1] for name, value in case.values.items()})) is None
