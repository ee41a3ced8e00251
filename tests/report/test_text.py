import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from netmend.core.exhibits import Box, Boxes, Table
from netmend.core.records import Finding
from netmend.report.characters import visible
from netmend.report.differences import compare_findings
from netmend.report.html import to_html
from netmend.report.markdown import to_markdown
from netmend.report.text import print_text, to_text


def console(encoding="utf-8", **options):
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    return Console(file=file, width=80, **options)


def printed(document, to, **options):
    print_text(document, to, **options)
    to.file.flush()
    return to.file.buffer.getvalue().decode(to.file.encoding)


def test_the_verdict_is_the_first_line(any_document):
    assert to_text(any_document, width=200).startswith(any_document.conclusion.headline)


def test_a_typical_repair_fits_one_screen(example):
    assert to_text(example("plausible")).count("\n") <= 50


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_text_says_what_the_document_says(example, width):
    document = example("plausible")
    # Without white space, because a narrow terminal breaks lines anywhere.
    flat = "".join(to_text(document, width=width, written_to="study/report.html").split())
    for said in (
        document.conclusion.sentence,
        document.conclusion.meaning,
        document.requirement,
        'keras.layers.Dense(10, activation="softmax"),',
        "gone",
        "remaining",
        "(measured 0.94, now 0.72, threshold 0.7)",
        "train.py:16:42",
        "trivial predictor 0.101",
        "61 runs in 1 min 14 s, 5 candidates tried",
        "netmend repair train.py --goal 0.95 --budget 20x --seeds 8",
        "study/report.html",
        document.warnings[0],
    ):
        assert "".join(said.split()) in flat


def test_without_colour_there_is_no_escape_sequence(any_document):
    assert "\x1b" not in to_text(any_document)


def test_with_colour_no_sequence_is_the_program_s_own(example):
    coloured = to_text(example("hostile"), colour=True)
    assert "\x1b[" in coloured
    assert "\x1b[31monerror" not in coloured and "\x1b[31m␀" not in coloured
    assert "␛[31m" in coloured


def test_only_verbose_lists_the_trials(example):
    document = example("plausible")
    assert "crashed: ValueError" not in to_text(document)
    assert "crashed: ValueError" in to_text(document, verbose=True)


def test_a_pipe_gets_no_colour_and_a_terminal_does(example):
    assert "\x1b[" not in printed(example("plausible"), console())
    assert "\x1b[" in printed(
        example("plausible"), console(force_terminal=True, color_system="standard", no_color=False)
    )


def test_no_color_is_honoured(example, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in printed(example("plausible"), console(force_terminal=True, color_system="standard"))


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_an_output_that_cannot_show_a_character_still_gets_the_report(any_document, encoding):
    text = printed(any_document, console(encoding))
    assert any_document.conclusion.headline.split(":")[0] in text


def test_long_lines_and_long_patches_are_cut(example):
    text = to_text(example("large"), width=80)
    assert "more lines" in text
    assert text.count("\n") < 120


def test_lines_are_no_wider_than_the_terminal(example):
    assert max(len(line) for line in to_text(example("plausible"), width=72).splitlines()) <= 72


def test_a_long_path_is_folded_and_never_cut(example):
    path = f"/{'folder/' * 20}report.html"
    shown = to_text(example("plausible"), width=60, written_to=path)
    assert path in "".join(line.strip() for line in shown.splitlines())


def test_hostile_text_is_still_readable(example):
    assert visible(example("hostile").warnings[0])[:20] in to_text(example("hostile"), width=200)


def test_a_line_of_the_patch_is_never_broken_so_that_it_can_be_copied(example):
    document = example("plausible")
    assert document.exhibits[0].diff.replace("\n \n", "\n\n") in to_text(document, width=30)


def test_a_sample_in_which_every_run_failed_is_said_in_words(example):
    boxes = Boxes("accuracy of each run.", "accuracy", True, (Box("before", (None, None, None)),))
    text = to_text(replace(example("plausible"), exhibits=(boxes,)))
    assert "3 runs, all failed" in text


def test_what_similar_runs_say_stands_beneath_the_suspect(example):
    document = example("plausible")
    told = "62% by likeness to 193 faulty runs"
    first = replace(document.suspects[0], experience=told)
    lines = to_text(replace(document, suspects=(first, *document.suspects[1:]))).splitlines()
    at = next(at for at, line in enumerate(lines) if f"{first.place}  {first.label}" in line)
    assert told in lines[at + 1] and told not in to_text(document)


def test_a_table_names_its_columns(example):
    table = Table("Layers", ("layer", "drift"), (("fc1", "0.5"),), ("drift",))
    lines = to_text(replace(example("plausible"), kind="weights", exhibits=(table,))).splitlines()
    at = next(index for index, line in enumerate(lines) if line.strip() == "Layers")
    assert [line.split() for line in lines[at + 1 : at + 3]] == [["layer", "drift"], ["fc1", "0.5"]]


def test_where_nothing_is_run_no_runs_are_counted(example):
    document = example("plausible")
    assert " runs in " in to_text(document)
    without = tuple(replace(cost, runs=0) for cost in document.costs)
    assert " runs in " not in to_text(replace(document, costs=without))


@pytest.mark.parametrize("rendered", [to_text, to_markdown, to_html])
def test_the_patch_of_a_notebook_is_shown_as_code(example, rendered):
    document = example("plausible")
    reading = "--- a/n.ipynb\n+++ b/n.ipynb\n@@ -1 +1 @@\n-rate = 1\n+rate = 2\n"
    shown = replace(document, exhibits=(replace(document.exhibits[0], reading=reading), *document.exhibits[1:]))
    assert "rate = 2" in rendered(shown) and "rate = 2" not in rendered(document)


def test_of_what_is_so_or_not_no_measurement_is_told(example):
    crash = Finding("crash", "The program crashes.", 1.0, 0.5, basis="training", severity=1.0)
    share = replace(crash, name="dead-units", message="Of the units 0.9 are dead.", measured=0.9)
    page = replace(example("diagnosis"), findings=compare_findings((crash, share), None))
    text = to_text(page, width=200)
    assert re.search(r"crash: The program crashes\.\n", text)
    assert "are dead. (measured 0.9, threshold 0.5)" in text
