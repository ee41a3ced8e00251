"""Weights by inverse share are right and weights by share are not, whatever the shares."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.program.elements._find import find_all
from netmend.program.lint._examples import keras_program
from netmend.program.source import Program
from netmend.repairs.program.operators._suggest import suggestions
from netmend.training.probes.measures import array_stats
from netmend.training.symptoms._examples import healthy
from netmend.training.symptoms.inverted_class_weights import symptom
from netmend.training.trace import ArrayStats


def trace(labels, weights):
    counted = ArrayStats(**array_stats(labels, len(labels), labels=True))
    return healthy(labels=counted, class_weights={str(label): weight for label, weight in weights.items()})


@pytest.mark.parametrize("rows", [(90, 10), (10, 90), (50, 30, 20), (5, 60, 35)])
def test_inverse_shares_are_right_and_shares_are_not(rows):
    labels = np.repeat(np.arange(len(rows)), rows)
    inverse = {label: len(labels) / (len(rows) * count) for label, count in enumerate(rows)}
    upside_down = {label: 1 / weight for label, weight in inverse.items()}
    assert not symptom.fires(trace(labels, inverse))
    (reading,) = symptom.fires(trace(labels, upside_down))
    assert reading.value == pytest.approx(max(rows) / min(rows))
    assert f"Class {np.argmax(rows)} holds {max(rows)}%" in reading.message
    assert f"class {np.argmin(rows)} holds {min(rows)}%" in reading.message


def test_balanced_weights_are_suggested_in_place_of_inverted_ones():
    text = keras_program(fit="epochs=20, class_weight={0: 10.0, 1: 1.0}")
    elements = find_all(Program.from_text(text))
    (weights,) = (element for element in elements if element.kind == "class-weight")
    inverted = trace(np.repeat([0, 1], [70, 30]), {0: 10.0, 1: 1.0})
    assert [each.value for _, each in suggestions(weights, elements, inverted)] == ["balanced", "none"]
    sound = replace(inverted, class_weights={"0": 1.0, "1": 2.0})
    assert [each.value for _, each in suggestions(weights, elements, sound)] == ["none"]
