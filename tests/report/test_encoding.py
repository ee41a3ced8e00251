import json

import pytest

from netmend.core.errors import UsageError
from netmend.report.encoding import from_json, to_json


def test_every_document_comes_back_equal(any_document):
    assert from_json(to_json(any_document)) == any_document


def test_the_json_is_strict_and_ascii(any_document):
    def refuse(token):
        raise AssertionError(token)

    text = to_json(any_document)
    assert text.isascii()
    assert json.loads(text, parse_constant=refuse)["schema"] == 1


def test_unknown_keys_of_a_newer_writer_are_ignored(example):
    data = json.loads(to_json(example("plausible")))
    data["mood"] = data["conclusion"]["mood"] = "good"
    assert from_json(json.dumps(data)) == example("plausible")


def test_a_newer_schema_is_refused_with_advice():
    with pytest.raises(UsageError, match="schema 99, newer"):
        from_json('{"schema": 99}')


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"schema": "1"}', '"report"', "\x00"])
def test_what_is_no_report_is_refused(text):
    with pytest.raises(UsageError, match="not a report document"):
        from_json(text)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("conclusion", "outcome"), "correct"),
        (("conclusion", "result"), "fine"),
        (("conclusion", "status"), "0"),
        (("conclusion", "accepted"), 1),
        (("findings",), {}),
        (("trials", 0, "seconds"), "long"),
        (("exhibits", 0, "exhibit"), "hologram"),
        (("exhibits", 0, "diff"), None),
        (("suspects", 0), 3),
        (("subject",), None),
    ],
)
def test_a_damaged_report_is_refused(example, path, value):
    data = json.loads(to_json(example("plausible")))
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(UsageError, match="damaged"):
        from_json(json.dumps(data))


def test_a_report_that_lacks_a_key_is_refused(example):
    data = json.loads(to_json(example("plausible")))
    del data["conclusion"]
    with pytest.raises(UsageError, match="damaged"):
        from_json(json.dumps(data))
