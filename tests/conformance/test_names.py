"""Whatever a report names can be explained, and means one thing."""

import ast
from pathlib import Path

import pytest
from typer.testing import CliRunner

import netmend
from netmend.cli import explain
from netmend.cli.main import app
from netmend.core.discover import contributions
from netmend.program.elements._find import find_all
from netmend.program.lint._base import LintRule
from netmend.program.source import Program
from netmend.repairs.program.localise import localise
from netmend.repairs.program.operators._base import Operator
from netmend.testing.conformance import check_names
from netmend.training.symptoms._base import Symptom

ROOT = Path(netmend.__file__).parent
FOLDERS = explain._all()
FORMS = {
    "network/ops",
    "network/backends",
    "repairs/weights/reading",
    "repairs/weights/requirements",
    "repairs/conversion/requirement",
}
"""Folders of what a file or a graph may hold. A report names none of it as a finding, a reason or a method."""
NAMES = sorted(name for found in FOLDERS.values() for name in found)


def test_no_two_contributions_share_a_name():
    check_names(FOLDERS)
    assert len(set(NAMES)) == len(NAMES)


def test_every_folder_of_contributions_can_be_explained():
    """Folders are found a second way: by the `_base.py` that states their shape."""
    folders = [base.parent for base in ROOT.rglob("_base.py") if base.parent.relative_to(ROOT).as_posix() not in FORMS]
    files = {path.stem.replace("_", "-") for folder in folders for path in folder.glob("[a-z]*.py")}
    assert files == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_explained_by_its_own_documentation(name):
    told = CliRunner().invoke(app, ["explain", name])
    assert told.exit_code == 0
    (documentation,) = (found[name].documentation for found in FOLDERS.values() if name in found)
    assert "".join(documentation.split()) in "".join(told.output.split()), "whatever the width of the terminal"


def test_every_finding_and_every_reason_that_examples_give_can_be_explained():
    """Findings as the diagnosis names them, from every example on which a rule or symptom fires."""
    rules, symptoms = (
        contributions("netmend.program.lint", LintRule),
        contributions("netmend.training.symptoms", Symptom),
    )
    found = set()
    for name, rule in rules.items():
        for text in rule.value.fires_on:
            elements = find_all(Program.from_text(text))
            hits = [(name, hit) for hit in rule.value.check(elements)]
            diagnosis, suspicions = localise(elements, hits, [], {})
            found |= {finding.name for finding in diagnosis.findings}
            found |= {idea.reason for suspicion in suspicions for idea in suspicion.ideas}
            found |= {name for suspect in diagnosis.suspects for name in suspect.findings}
    for name, symptom in symptoms.items():
        for trace in symptom.value.fires_on:
            diagnosis, _ = localise((), [], [[(name, reading) for reading in symptom.value.fires(trace)]], {})
            found |= {finding.name for finding in diagnosis.findings}
    assert found == set(rules) | set(symptoms)
    assert all(explain.documentation(name) for name in found)


@pytest.mark.parametrize(
    "folder", ["training/symptoms", "program/lint", "repairs/program/operators", "program/elements"]
)
def test_names_in_backquotes_that_look_like_contributions_exist(folder):
    """One contribution may refer to another, and to no other that has been renamed."""
    for path in sorted((ROOT / folder).glob("[a-z]*.py")):
        text = ast.get_docstring(ast.parse(path.read_text())) or ""
        for name in (word.strip("`.,;:()") for word in text.split() if word.startswith("`") and "-" in word):
            if name.replace("-", "").isalpha() and name.islower():
                assert name in NAMES, f"{path.name} refers to {name}"


def test_operators_change_kinds_that_there_are():
    operators = contributions("netmend.repairs.program.operators", Operator)
    assert {item.value.kind for item in operators.values()} <= set(FOLDERS["source element"])
