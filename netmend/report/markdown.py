"""The report as Markdown, for a pull request or an issue."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from netmend.core.exhibits import Boxes, Curves, DiffExhibit, Facts, Table
from netmend.report.characters import lines_of, one_line, shortened, visible
from netmend.report.conclusion import BASES
from netmend.report.differences import fate
from netmend.report.document import Document, findings_in, patch_heading, total, tried
from netmend.report.numbers import ABSENT, count, duration, number, summarise_boxes, summarise_curves
from netmend.report.text import CONCLUSION, trial_name

_TRIALS = 50
_DIFF = 20_000
_TEXT = 400
"""GitHub refuses a comment of more than 65,536 characters; with these three a report stays below it."""


def to_markdown(document: Document) -> str:
    """The report as GitHub-flavoured Markdown; texts of the program cannot become markup."""
    parts = (
        part
        for section in (_verdict, _patch, _findings, _suspects, _evidence, _trials, _details, _reproduce, _references)
        for part in section(document)
    )
    return "\n\n".join(parts) + "\n"


def _verdict(document: Document) -> Iterator[str]:
    conclusion = document.conclusion
    yield f"## {conclusion.headline}: {_code(document.subject)}"
    yield _escaped(conclusion.sentence, CONCLUSION)
    if conclusion.outcome is not None:
        yield f"**{conclusion.outcome}**: {conclusion.meaning} Basis: {BASES[conclusion.basis]}."
    if document.requirement:
        yield f"**Required**: {_escaped(document.requirement)}"
    if conclusion.outcome is not None and document.command == "repair":
        remaining = dict.fromkeys(finding.name for finding in findings_in(document, "remaining", "new"))
        yield f"**Remains**: {', '.join(_code(name) for name in remaining) or 'no finding'}"
    if document.confirmed is not None and document.confirmed.harm:
        yield f"**Lost**: {_escaped(document.confirmed.harm)}"
    if document.warnings:
        yield "\n".join(f"> {_escaped(warning)}\n>" for warning in document.warnings).removesuffix("\n>")


def _patch(document: Document) -> Iterator[str]:
    for exhibit in document.exhibits:
        if isinstance(exhibit, DiffExhibit):
            yield f"### {patch_heading(document)}"
            if exhibit.changes:
                yield "\n".join(f"- {_escaped(change)}" for change in exhibit.changes)
            yield _fenced(shortened((exhibit.reading or exhibit.diff).rstrip("\n"), _DIFF), "diff")


def _findings(document: Document) -> Iterator[str]:
    if not document.findings:
        return
    yield "### What was wrong" if document.command == "repair" else "### Findings"
    rows = []
    for change in document.findings:
        finding, after = change.finding, change.after
        now = f", now {number(after.measured)}" if after is not None and after.measured is not None else ""
        where = ", ".join(_code(place) for place in finding.places)
        rows.append(
            (
                _code(finding.name),
                _escaped(finding.message),
                number(finding.measured),
                number(finding.threshold),
                where or ABSENT,
                fate(change) + now,
            )
        )
    yield _table(("Finding", "What", "Measured", "Threshold", "Where", "State"), rows, numeric=(2, 3))


def _suspects(document: Document) -> Iterator[str]:
    if document.suspects:
        yield "### Where"
        rows = [
            (
                number(suspect.score),
                _code(suspect.place),
                f"**{_escaped(suspect.label)}**" if suspect.named else _escaped(suspect.label),
                ", ".join(_code(name) for name in suspect.findings) or ABSENT,
                _escaped(suspect.experience) or ABSENT,
            )
            for suspect in document.suspects
        ]
        header = ("Suspiciousness", "Place", "What stands there", "Findings", "Experience")
        yield _table(header, rows, numeric=(0,))


def _evidence(document: Document) -> Iterator[str]:
    for exhibit in document.exhibits:
        if isinstance(exhibit, Boxes):
            better = "higher" if exhibit.higher_is_better else "lower"
            yield f"### {_escaped(exhibit.quantity)}, {better} is better"
            rows: list[tuple[str | int, ...]] = [
                (_escaped(box.label), number(box.median), number(box.lowest), number(box.highest), box.runs, box.failed)
                for box in summarise_boxes(exhibit)
            ]
            rows += [(_escaped(label), number(value), "", "", "", "") for label, value in exhibit.lines]
            yield _table(("", "Median", "Lowest", "Highest", "Runs", "Failed"), rows, numeric=range(1, 6))
        elif isinstance(exhibit, Curves) and exhibit.curves:
            yield f"### {_escaped(exhibit.quantity)} over {exhibit.along}s"
            lines = [
                (_escaped(side.side), number(side.first), number(side.last), side.epochs, side.runs, side.nonfinite)
                for side in summarise_curves(exhibit)
            ]
            heads = (
                "",
                "First (median)",
                "Last (median)",
                f"{exhibit.along}s".capitalize(),
                "Curves" if not exhibit.each else f"{exhibit.each}s".capitalize(),
                "Not finite",
            )
            yield _table(heads, lines, numeric=range(1, 6))


def _trials(document: Document) -> Iterator[str]:
    lines = tried(document)
    if not lines:
        return
    yield "### What was tried"
    yield f"{count(document.candidates, 'candidate')}. How the search ended: {_escaped(document.ended)}."
    shown = lines if len(lines) <= _TRIALS else [*lines[: _TRIALS // 2], *lines[-_TRIALS // 2 :]]
    rows = [
        (
            trial_name(line),
            _escaped(line.change),
            line.outcome.value,
            _escaped(line.sentence),
            line.runs,
            duration(line.seconds),
            _escaped(line.proposed_by),
        )
        for line in shown
    ]
    table = _table(("Trial", "Change", "Outcome", "Why", "Runs", "Time", "Proposed by"), rows, numeric=(4, 5))
    left_out = f", {len(lines) - len(shown)} in the middle left out" if len(shown) < len(lines) else ""
    yield f"<details><summary>{count(len(lines), 'trial')}{left_out}</summary>\n\n{table}\n\n</details>"


def _details(document: Document) -> Iterator[str]:
    if document.costs:
        yield "### Cost"
        rows = [
            (_escaped(cost.phase), cost.runs, duration(cost.run_seconds), duration(cost.wall_seconds))
            for cost in (*document.costs, total(document.costs))
        ]
        yield _table(("Phase", "Runs", "Summed over runs", "Clock"), rows, numeric=(1, 2, 3))
    for exhibit in document.exhibits:
        if isinstance(exhibit, Facts):
            yield f"### {_escaped(exhibit.caption)}"
            yield "\n".join(f"- {_escaped(name)}: {_escaped(value)}" for name, value in exhibit.facts)
        elif isinstance(exhibit, Table):
            yield f"### {_escaped(exhibit.caption)}"
            numeric = [index for index, column in enumerate(exhibit.columns) if column in exhibit.numeric]
            cells = [tuple(_escaped(cell) for cell in row) for row in exhibit.rows]
            yield _table([_escaped(column) for column in exhibit.columns], cells, numeric)


def _reproduce(document: Document) -> Iterator[str]:
    if document.reproduce:
        yield "### Reproduce"
        yield _fenced("\n".join(one_line(command) for command in document.reproduce), "console")


def _references(document: Document) -> Iterator[str]:
    if document.references:
        yield "### Methods used"
        yield "\n".join(
            f"{index}. {paper.authors}. *{paper.sentence}* {paper.venue}. <{paper.link}>"
            for index, paper in enumerate(document.references, start=1)
        )
    yield f"netmend {_escaped(document.tool)}, exit status {document.conclusion.status}"


def _escaped(text: str, length: int = _TEXT) -> str:
    """Text on one line that no Markdown reader takes for markup: a backslash before every mark that could begin one."""
    marked = re.sub(r"([\\`*_{}\[\]<>#|~$&!@])", r"\\\1", shortened(one_line(text), length))
    # What would begin a list or underline a heading; a number begins a list only where a space or nothing follows it.
    return re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", re.sub(r"^([-+=])", r"\\\1", marked))


def _code(text: str) -> str:
    """Text as inline code, in a longer run of backticks than any in it; a bar would end a table cell, so it goes."""
    plain = shortened(one_line(text), _TEXT).replace("|", "¦")
    ticks = "`" * (_longest_run(plain) + 1)
    gap = " " if plain.startswith("`") or plain.endswith("`") or not plain else ""
    return f"{ticks}{gap}{plain}{gap}{ticks}"


def _fenced(text: str, language: str) -> str:
    """A code block, in a longer fence than any run of backticks in it."""
    plain = visible("\n".join(lines_of(text)))
    fence = "`" * max(3, _longest_run(plain) + 1)
    return f"{fence}{language}\n{plain}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str | int]], numeric: Sequence[int] = ()) -> str:
    rule = ["---:" if index in numeric else "---" for index in range(len(heads))]
    return "\n".join(f"| {' | '.join(str(cell) for cell in cells)} |" for cells in (heads, rule, *rows))
