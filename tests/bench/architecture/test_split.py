"""Programs that netmend may be tuned on, and the faults it is reported on, have nothing in common."""

import pytest

from bench.architecture.faults.catalogue import FAULTS, source
from bench.mutants.draw import programs
from netmend.program.elements._find import find_all
from netmend.program.source import Program

TUNING = programs("tuning")
SHAPE = ("layer", "activation", "units", "loss", "optimiser")


def shape(text):
    """A program's network and what it is trained with; widths included, numbers of the training left out."""
    return tuple(
        (element.kind, element.value)
        for element in find_all(Program.from_text(text))
        if element.kind in SHAPE and not element.absent
    )


@pytest.fixture(scope="module")
def reported():
    return {
        shape(source(fault.id, tier, framework, which)): fault.id
        for fault in FAULTS.values()
        for framework, tier in fault.variants
        for which in ("faulty", "fixed")
    }


@pytest.mark.parametrize("path", TUNING, ids=lambda path: path.name)
def test_no_program_for_tuning_is_one_that_is_reported_on(path, reported):
    assert shape(path.read_text()) not in reported


@pytest.mark.parametrize("path", TUNING, ids=lambda path: path.name)
def test_no_program_for_tuning_is_one_whose_mutants_are_reported_on(path):
    assert shape(path.read_text()) not in [shape(other.read_text()) for other in programs("reporting")]


def test_shapes_tell_programs_apart(reported):
    assert len(set(reported.values())) > len(FAULTS) / 2


def test_the_same_program_is_recognised(reported):
    text = source("R3", "core", "keras", "fixed")
    assert shape(text.replace("epochs=", "epochs=1")) in reported
