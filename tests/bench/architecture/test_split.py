"""Programs that netmend may be tuned on, and the faults it is reported on, have nothing in common."""

from pathlib import Path

import pytest

from bench.architecture.faults.catalogue import FAULTS, source
from netmend.program.elements._find import find_all
from netmend.program.source import Program

ROOT = Path(__file__).parents[3]
TUNING = sorted([*ROOT.glob("tests/subjects/correct/*.py"), *ROOT.glob("bench/localiser/programs/*.py")])
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


def test_shapes_tell_programs_apart(reported):
    assert len(set(reported.values())) > len(FAULTS) / 2


def test_the_same_program_is_recognised(reported):
    text = source("R3", "core", "keras", "fixed")
    assert shape(text.replace("epochs=", "epochs=1")) in reported
