import json

import pytest

from netmend.core.records import Diagnosis, Finding
from netmend.report.document import diagnosis_document
from netmend.report.encoding import to_json


def document():
    found = Diagnosis((Finding("dying-relu", "dead", 0.9, 0.5, ("train.py:3:1",), "training", 0.8),))
    return diagnosis_document(
        found,
        kind="program",
        subject="train.py",
        requirement="",
        exhibits=(),
        warnings=(),
        costs={},
        reproduce=(),
        references=(),
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.json").write_text(to_json(document()))
    return tmp_path / "out"


def test_a_report_is_shown_again_as_text(cli, folder):
    done = cli("show", folder)
    assert (done.status, done.stderr) == (0, "")
    assert "dying-relu" in done.stdout


def test_a_report_is_shown_again_as_markdown(cli, folder):
    done = cli("show", folder, "--markdown")
    assert done.status == 0
    assert done.stdout.startswith("## 1 finding: `train.py`")


def test_json_shown_again_is_the_json_that_was_written(cli, folder):
    done = cli("show", folder, "--json")
    assert json.loads(done.stdout) == json.loads((folder / "report.json").read_text())


def test_a_folder_without_a_report_is_named(cli, tmp_path):
    done = cli("show", tmp_path / "none")
    assert done.status == 2
    assert done.stderr.splitlines()[0].startswith("netmend: there is no report")
    assert str(tmp_path / "none" / "report.json") in done.stderr
    assert len(done.stderr.splitlines()) == 3


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"schema": 99}', "\0", '"text"', '{"a": '])
def test_a_damaged_report_is_an_error_and_no_traceback(cli, folder, content):
    (folder / "report.json").write_text(content)
    done = cli("show", folder)
    assert done.status == 2, done.stderr
    assert str(folder / "report.json") in done.stderr
    assert len(done.stderr.splitlines()) == 3


def test_bytes_that_are_no_text_are_an_error(cli, folder):
    (folder / "report.json").write_bytes(b"\xff\xfe\x00")
    assert cli("show", folder).status == 2
