import json

import pytest

from netmend.cli.output import papers, print_report, write_report
from netmend.core.errors import EnvironmentFault
from netmend.core.records import Diagnosis, Finding
from netmend.report.document import diagnosis_document


def document(**facts):
    told = {"kind": "program", "subject": "train.py", "requirement": "", "exhibits": (), "warnings": ()}
    found = Diagnosis((Finding("dying-relu", "dead", 0.9, 0.5, ("train.py:3:1",), "training", 0.8),))
    return diagnosis_document(found, costs={}, **{**told, "reproduce": (), "references": (), **facts})


def test_a_report_is_written_in_three_forms(tmp_path):
    write_report(document(), tmp_path / "new" / "out")
    assert sorted(path.name for path in (tmp_path / "new" / "out").iterdir()) == [
        "report.html",
        "report.json",
        "report.md",
    ]


def test_the_patch_of_an_earlier_result_does_not_stay(tmp_path):
    write_report(document(), tmp_path, b"--- a\n+++ b\n")
    assert (tmp_path / "patch.diff").read_bytes() == b"--- a\n+++ b\n"
    write_report(document(), tmp_path)
    assert not (tmp_path / "patch.diff").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault) as error:
        write_report(document(), tmp_path / "file" / "out")
    assert error.value.where == str(tmp_path / "file" / "out")


def test_json_is_one_document_on_standard_output(tmp_path, capsys):
    print_report(document(), tmp_path, as_json=True, verbose=False)
    printed = capsys.readouterr()
    assert json.loads(printed.out)["subject"] == "train.py"
    assert printed.err == ""


def test_text_names_the_page_to_open(tmp_path, capsys):
    print_report(document(), tmp_path, as_json=False, verbose=False)
    printed = capsys.readouterr().out
    assert "dying-relu" in printed
    assert str(tmp_path / "report.html") in printed.replace("\n", "").replace(" ", "")


def test_a_finding_brings_the_papers_that_explain_it():
    found = Diagnosis((Finding("dying-relu", "dead"),))
    alone = papers({"references": ("kim-2023",)}, Diagnosis())["references"]
    assert alone == ("kim-2023",)
    more = papers({"references": ("kim-2023",)}, found)["references"]
    assert more[0] == "kim-2023" and len(more) > 1 and len(set(more)) == len(more)
