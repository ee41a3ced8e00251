import xml.etree.ElementTree as ElementTree

import pytest

from bench.architecture.figures import draw
from bench.architecture.tables import summaries
from tests.bench.architecture.test_tables import REFERENCE, ROWS, TRUTH, row

pytest.importorskip("matplotlib")
FAULTS = {"F1": REFERENCE, "F2": REFERENCE}
TRUTHS = {"F1": TRUTH, "F2": TRUTH}
PLAYED = [*ROWS, row("good", "0.9 0.9", fault="F2"), row("good", "0.9 0.9", budget=10)]


def drawn(folder):
    return draw(folder, "core", summaries(PLAYED, FAULTS, TRUTHS), PLAYED, FAULTS, TRUTHS)


def texts(path):
    """The words of a picture: matplotlib writes each text as a comment before its outlines."""
    parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
    tree = ElementTree.parse(path, parser)
    return [node.text.strip() for node in tree.iter() if node.tag is ElementTree.Comment]


def test_each_budget_has_its_figures_and_each_technique_its_box(tmp_path):
    made = drawn(tmp_path)
    assert [path.name for path in made if "rates" in path.name] == ["core-rates-10.svg", "core-rates-20.svg"]
    assert {"good", "shaky", "idle"} <= set(texts(tmp_path / "core-rates-20.svg"))
    assert "idle" not in texts(tmp_path / "core-rates-10.svg")


def test_every_fault_has_a_panel(tmp_path):
    drawn(tmp_path)
    assert {"F1, accuracy", "F2, accuracy"} <= set(texts(tmp_path / "core-faults-20.svg"))


def test_the_same_results_give_the_same_files(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for one, other in zip(drawn(tmp_path / "a"), drawn(tmp_path / "b"), strict=True):
        assert one.read_bytes() == other.read_bytes()
