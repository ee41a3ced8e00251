import pytest

from bench.mutants.draw import programs
from bench.mutants.order import SMALL, drawn
from netmend.program.elements._find import find_all
from netmend.program.source import Program

FOUND = drawn("iris_torch", 1)
CORRECT = next(path for path in programs("tuning") if path.stem == "iris_torch")


def test_only_programs_for_tuning_are_used():
    assert set(SMALL) <= {path.stem for path in programs("tuning")}
    assert not set(SMALL) & {path.stem for path in programs("reporting")}


def test_the_same_faulty_programs_are_drawn_again():
    assert drawn("iris_torch", 1) == FOUND
    assert len({each.name for each in FOUND}) == len(FOUND)


@pytest.mark.parametrize("faulty", [each for each in FOUND if "unscaled" not in each.name], ids=lambda each: each.name)
def test_a_mutant_differs_from_the_correct_program_in_the_elements_at_fault(faulty):
    # Settings that an optimiser of another kind does not have are left out.
    before, after = (
        [each.value for each in find_all(program) if each.kind not in ("momentum", "betas")]
        for program in (Program.read(CORRECT), read(faulty))
    )
    assert sum(old != new for old, new in zip(before, after, strict=True)) >= len(faulty.what)
    assert len({change.split(" of ")[0] for change in faulty.what}) == len(faulty.what), "two kinds of elements"


def test_what_is_not_scaled_reads_so_and_is_legal():
    unscaled = [each for each in FOUND if "unscaled" in each.name]
    assert [len(each.what) for each in unscaled] == [1, 2]
    for each in unscaled:
        scaling = next(element for element in find_all(read(each)) if element.kind == "input-scaling")
        assert scaling.value == "none"


def read(faulty):
    return Program.from_text(faulty.text)
