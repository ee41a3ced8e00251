import ast
import re

import pytest

from bench.architecture.data import prepare
from bench.architecture.faults import FAULTS, catalogue, materialise, select, source
from netmend.core.errors import Unchangeable
from netmend.program.elements._find import change, find_all, together
from netmend.program.source import Program

VARIANTS = [(fault, *place) for fault in FAULTS.values() for place in fault.variants]
every_variant = pytest.mark.parametrize(
    ("fault", "framework", "tier"),
    VARIANTS,
    ids=[f"{fault.id}-{framework}-{tier}" for fault, framework, tier in VARIANTS],
)

# What follows from other elements: which class a module is, how many equal layers stand side by side, and the axis of a
# softmax, which comes and goes with it.
DERIVED = {"layer", "layer-repeats", "softmax-dim"}
# In PyTorch an added activation is a module or function of its own, so that element stands next to its layer.
ADDED_ACTIVATION = {("D4", "torch"), ("D9", "torch")}


def program(fault, framework, tier, which):
    return Program.from_text(source(fault.id, tier, framework, which))


def elements(read):
    found = [element for element in find_all(read) if element.kind not in DERIVED]
    return sorted(found, key=lambda element: (element.kind, -1 if element.layer is None else element.layer))


def value(element):
    """Canonical value; the text where the program's own function stands."""
    return element.text if element.value is None else element.value


def readings(read):
    return sorted(((element.kind, element.layer, value(element)) for element in find_all(read)), key=str)


def test_there_are_the_34_published_faults():
    ids = [
        f"{group}{number}"
        for group, last in zip("DCUMR", (9, 3, 8, 3, 7), strict=True)
        for number in range(1, last + 1)
    ]
    assert list(FAULTS) == [*ids, "AU1", "AU2", "UD1", "UD2"]


def test_28_faults_are_sensible():
    assert {fault.id for fault in FAULTS.values() if not fault.sensible} == {"D2", "D8", "AU1", "AU2", "UD1", "UD2"}


def test_every_fault_has_a_core_and_a_full_program_and_real_ones_have_both_frameworks():
    for fault in FAULTS.values():
        frameworks = ("keras", "torch") if fault.kind == "real" else ("keras",)
        assert {(each, tier) for each in frameworks for tier in ("core", "full")} <= fault.variants.keys()


def test_the_smoke_tier_needs_no_data():
    assert [fault.id for fault in select("smoke")] == ["D1", "D3", "D6", "D7"]
    assert not any(fault.variant("keras", "smoke").data for fault in select("smoke"))


def test_a_selection_of_sensible_faults_leaves_out_the_others():
    assert len(select("core")) == 34
    assert len(select("core", sensible=True)) == 28
    assert [fault.id for fault in select("full", "torch", sensible=True)] == ["D1", "D3", "D4", "D5", "D6", "D7", "D9"]


@every_variant
def test_every_replacement_is_found_once_and_gives_another_program(fault, framework, tier):
    faulty, fixed = (source(fault.id, tier, framework, which) for which in ("faulty", "fixed"))
    assert faulty != fixed
    ast.parse(faulty), ast.parse(fixed)


def test_a_replacement_that_is_not_found_is_an_error(monkeypatch, tmp_path):
    (tmp_path / "keras").mkdir()
    (tmp_path / "keras" / "d7.py").write_text("learning_rate=0.001, learning_rate=0.001")
    monkeypatch.setattr(catalogue, "PROGRAMS", tmp_path)
    with pytest.raises(ValueError, match="2 times"):
        source("D7", "core", "keras", "fixed")


SETTINGS = ("momentum", "betas")


@every_variant
def test_faulty_and_fixed_program_differ_in_the_ground_truth_and_nothing_else(fault, framework, tier):
    if (fault.id, framework) in ADDED_ACTIVATION:
        pytest.skip("compared by repairing the faulty program, below")
    changes = fault.variant(framework, tier).changes
    other = any(change.kind == "optimiser" for change in changes)  # which has settings of its own
    faulty, fixed = (
        [each for each in elements(program(fault, framework, tier, which)) if not (other and each.kind in SETTINGS)]
        for which in ("faulty", "fixed")
    )
    found = [
        (old.kind, old.layer, value(old), value(new))
        for old, new in zip(faulty, fixed, strict=True)
        if (old.kind, old.layer, value(old)) != (new.kind, new.layer, value(new))
    ]
    assert sorted(found, key=str) == sorted(((c.kind, c.layer, c.before, c.after) for c in changes), key=str)


def repaired(fault, framework, tier):
    """The faulty program with the ground truth written into it by netmend."""
    faulty = program(fault, framework, tier, "faulty")
    wanted = []
    for each in fault.variant(framework, tier).changes:
        (place,) = [e for e in find_all(faulty) if (e.kind, e.layer, value(e)) == (each.kind, each.layer, each.before)]
        wanted.append((place, each.after))
    return faulty.patched(tuple(edit for place, after in together(wanted) for edit in change(faulty, place, after)))


@every_variant
def test_the_ground_truth_written_into_the_faulty_program_gives_the_fixed_one(fault, framework, tier):
    if outside := fault.variant(framework, tier).outside_elements:
        pytest.skip(f"outside the elements: {outside[0]}")
    assert readings(repaired(fault, framework, tier)) == readings(program(fault, framework, tier, "fixed"))


def test_a_loss_of_the_programs_own_is_outside_the_elements():
    assert FAULTS["U6"].variant("keras", "core").outside_elements
    with pytest.raises(Unchangeable):
        repaired(FAULTS["U6"], "keras", "core")


def test_labels_scaled_before_they_become_a_tensor_are_outside_the_elements():
    assert FAULTS["D9"].variant("torch", "core").outside_elements
    assert "y_train / 255" in repaired(FAULTS["D9"], "torch", "core").main.text


def test_a_change_that_only_follows_another_is_not_counted():
    assert FAULTS["R5"].variant("keras", "core").size == 1
    assert FAULTS["D3"].variant("torch", "core").size == 6
    for fault in FAULTS.values():
        assert all(variant.size == 1 for variant in fault.variants.values()) or fault.kind == "real"


def test_every_alternative_repairs_the_published_program_and_is_one_of_its_elements():
    for fault in FAULTS.values():
        for (framework, tier), variant in fault.variants.items():
            kinds = {(e.kind, e.layer, value(e)) for e in elements(program(fault, framework, tier, "faulty"))}
            for alternative in variant.alternatives:
                published, changed = fault.published, alternative.change
                gained = (alternative.mean - published.faulty) / (published.fixed - published.faulty)
                assert gained >= 0.95, fault.id
                assert (changed.kind, changed.layer, changed.before) in kinds, (fault.id, framework, changed)
                assert changed.after not in [c.after for c in variant.changes if c.kind == changed.kind], fault.id


def test_only_full_programs_and_those_that_make_published_data_are_comparable():
    comparable = {(f.id, tier) for f in FAULTS.values() for (_, tier), v in f.variants.items() if v.comparable}
    assert {name for name, tier in comparable if tier == "core"} == {"D1", "D6", "D7", "D8"}
    assert not {name for name, _ in comparable} & {"D3", "AU1", "AU2", "UD1", "UD2"}


@pytest.mark.parametrize("name", ["D1", "R1", "U2"])
def test_a_materialised_folder_holds_the_program_and_no_data(name, tmp_path, monkeypatch):
    monkeypatch.setenv("NETMEND_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(catalogue, "prepare", lambda data: prepare.cache_folder() / f"{data}.npz")
    path = materialise(name, "core", "keras", "faulty", tmp_path / "program")
    assert path.name == "train.py"
    files = sorted(each.name for each in (tmp_path / "program").iterdir())
    assert files == (["data.py", "train.py"] if FAULTS[name].variant("keras", "core").data else ["train.py"])
    assert sum(each.stat().st_size for each in (tmp_path / "program").iterdir()) < 10_000
    assert [file.name for file in Program.read(path).files] == ["train.py", *files[:-1]]


@every_variant
def test_the_module_of_data_adds_no_element_to_the_program(fault, framework, tier, tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "prepare", lambda data: None)
    path = materialise(fault.id, tier, framework, "faulty", tmp_path)
    assert {element.place.file for element in find_all(Program.read(path))} == {"train.py"}


@every_variant
def test_a_program_is_written_as_its_author_might_have(fault, framework, tier):
    text = source(fault.id, tier, framework, "faulty")
    assert not re.search(
        r"netmend|bench|\bfault|mutant|/work|/tmp|/home", text.removeprefix('"""D').partition('"""')[2]
    )
    assert re.search(rf'print\(f"test {fault.metric} ', text)
    assert "y_test" in text
