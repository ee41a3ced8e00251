from dataclasses import replace

import pytest

from netmend.training.symptoms._examples import classes, healthy
from netmend.training.symptoms.labels_of_wrong_type import symptom


def blamed(labels):
    (reading,) = symptom.fires(healthy(labels=labels))
    first, *_ = sorted(reading.blames, key=lambda blame: -blame.weight)
    return first


@pytest.mark.parametrize("count", [11, 12, 100])
def test_labels_beyond_the_outputs_ask_for_as_many_outputs_as_there_are_classes(count):
    first = blamed(classes(count))
    assert (first.kind, first.role, first.values) == ("units", "output", (count,))


def test_as_many_classes_as_outputs_counted_from_one_are_a_fault_of_the_labels():
    assert blamed(replace(classes(10), minimum=1.0, maximum=10.0)).kind == "label-form"
    assert blamed(replace(classes(10), minimum=1.0, maximum=11.0)).kind == "units"
