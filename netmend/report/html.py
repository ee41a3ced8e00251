"""The report as one page that opens from disk: no script, no network, readable on paper, on a phone and in the dark."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netmend.core.exhibits import Boxes, Curves, DiffExhibit, Facts, Listing, Mark, Table
from netmend.report.characters import lines_of, one_line, shortened, visible
from netmend.report.conclusion import BASES, Result
from netmend.report.differences import fate
from netmend.report.document import Document, TrialLine, findings_in, patch_heading, total, tried
from netmend.report.numbers import BoxSummary, count, duration, number, summarise_boxes
from netmend.report.text import CONCLUSION, trial_name

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

# So that any page stays below 300 kB and in one reading; the whole diff, source and trials are in the study's folder.
_DIFF_LINES = 300
_LISTING_LINES = 120
_AROUND_MARK = 4
_MARKS = 12
_LINE = 240
_TRIALS = 200
_OPEN_TRIALS = 25
_TEXT = 600
_TRIAL_TEXT = 160

_SIGNS: dict[Result, tuple[str, str]] = {
    "repaired": ("✓", "good"),
    "improved": ("✓", "good"),
    "nothing-to-repair": ("✓", "good"),
    "diagnosed": ("?", "neutral"),
    "no-repair": ("–", "warn"),
    "harmful": ("–", "warn"),
    "interrupted": ("…", "warn"),
    "control-failed": ("!", "bad"),
}
_LINE_CLASSES = {"+": "plus", "-": "minus", "@": "hunk"}


@dataclass(frozen=True, slots=True)
class _Hero:
    """The few numbers under the headline."""

    quantity: str
    before: str
    after: str
    runs: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of a listing: its number, text and notes; number 0 stands for lines left out."""

    number: int
    text: str
    notes: tuple[Mark, ...] = ()
    score: float = 0.0


def to_html(document: Document) -> str:
    """The report as a page: one string, UTF-8 encodable, with everything it needs inside."""
    environment = _environment()
    sign, tone = _SIGNS[document.conclusion.result]
    if document.conclusion.result == "improved" and document.requirement and not document.conclusion.accepted:
        sign, tone = "≈", "warn"
    lines = tried(document)
    return environment.get_template("report.html.j2").render(
        document=document,
        conclusion=document.conclusion,
        sign=sign,
        tone=tone,
        hero=_hero(document),
        basis=BASES[document.conclusion.basis],
        remaining=[finding.name for finding in findings_in(document, "remaining", "new")],
        patch_heading=patch_heading(document),
        patches=[(exhibit, _diff_rows(exhibit)) for exhibit in _of(document, DiffExhibit)],
        listings=[(exhibit, _listing_rows(exhibit)) for exhibit in _of(document, Listing)],
        pictures=_pictures(document),
        tables=_of(document, Table),
        facts=_of(document, Facts),
        trials=_most_telling(lines),
        trials_left_out=max(0, len(lines) - _TRIALS),
        outcomes=Counter(str(line.outcome) for line in document.trials).most_common(),
        costs=_markup(_costs(document)),
        total=total(document.costs),
        anchors=_anchors(document),
        marks=_MARKS,
        open_trials=_OPEN_TRIALS,
    )


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters.update(
        number=number,
        duration=duration,
        count=count,
        one_line=one_line,
        trial_name=trial_name,
        fate=fate,
        brief=_brief,
        kept=_kept,
        whole=_whole,
    )
    return environment


def _shown(value: Any) -> Any:
    """Every text of the template passes here before it is escaped: nothing invisible, nothing endless."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return shortened(visible(value), _TEXT)
    return value


def _brief(text: str) -> str:
    """For a table of many rows."""
    return shortened(one_line(text), _TRIAL_TEXT)


def _whole(text: str) -> Markup:
    """For what is to be read to its end: of the length that the terminal gives it."""
    from markupsafe import escape

    return escape(shortened(visible(text), CONCLUSION))


def _kept(text: str) -> str:
    """With no line break around a sign of comparison: `p = 0.01` stays together."""
    return re.sub(" ([=<>≤≥]) ", "\u00a0\\1\u00a0", text)


def _markup(text: str) -> Markup:
    from markupsafe import Markup

    return Markup(text)


def _of(document: Document, shape: type[Any]) -> list[Any]:
    return [exhibit for exhibit in document.exhibits if isinstance(exhibit, shape)]


def _hero(document: Document) -> _Hero | None:
    """The first box plot in numbers: its first box is before, its last is after."""
    for exhibit in _of(document, Boxes):
        summaries = summarise_boxes(exhibit)
        if summaries:
            first, last = summaries[0], summaries[-1]
            failed = f", {last.failed} failed" if last.failed else ""
            return _Hero(
                quantity=exhibit.quantity,
                before=_median(first),
                after=_median(last) if len(summaries) > 1 else "",
                runs=f"{last.label}: median of {count(last.runs, exhibit.each)}{failed}",
                lines=tuple((label, number(value)) for label, value in exhibit.lines),
            )
    return None


def _median(box: BoxSummary) -> str:
    return "failed" if box.failed == box.runs else number(box.median)


def _diff_rows(exhibit: DiffExhibit) -> list[tuple[str, str]]:
    lines = lines_of(exhibit.reading or exhibit.diff)
    rows = []
    for line in lines[:_DIFF_LINES]:
        kind = "file" if line.startswith(("+++", "---")) else _LINE_CLASSES.get(line[:1], "context")
        rows.append((kind, shortened(line, _LINE)))
    if len(lines) > _DIFF_LINES:
        rows.append(("hunk", f"… {count(len(lines) - _DIFF_LINES, 'more line')}"))
    return rows


def _listing_rows(exhibit: Listing) -> list[_Row]:
    """The lines to show: all of a short program, of a long one those near its most suspicious marks.

    Only the most suspicious places have a note: where every line is marked, none is.
    """
    lines = lines_of(exhibit.text)
    marks = sorted(exhibit.marks, key=lambda mark: -(mark.score or 0.0))[:_MARKS]
    notes: dict[int, list[Mark]] = {}
    for mark in marks:
        notes.setdefault(min(max(mark.line, 1), max(len(lines), 1)), []).append(mark)
    wanted = set(range(1, len(lines) + 1))
    if len(lines) > _LISTING_LINES:
        near = {line + step for line in notes for step in range(-_AROUND_MARK, _AROUND_MARK + 1)}
        wanted &= near or set(range(1, _LISTING_LINES + 1))
    rows, previous = [], 0
    for line in sorted(wanted):
        if line > previous + 1:
            rows.append(_Row(0, f"… {count(line - previous - 1, 'line')}"))
        here = tuple(notes.get(line, ()))
        score = max((mark.score or 0.0 for mark in here), default=0.0)
        rows.append(_Row(line, shortened(lines[line - 1], _LINE), here, score))
        previous = line
    if previous < len(lines):
        rows.append(_Row(0, f"… {count(len(lines) - previous, 'line')}"))
    return rows


def _pictures(document: Document) -> list[tuple[Markup, str]]:
    """Each picture with its caption, in the order of the exhibits."""
    from netmend.report.svg.draw_boxes import draw_boxes
    from netmend.report.svg.draw_curves import draw_curves

    pictures: list[tuple[Markup, str]] = []
    for index, exhibit in enumerate(document.exhibits):
        if isinstance(exhibit, Boxes) and exhibit.boxes:
            pictures.append((_markup(draw_boxes(exhibit, f"picture-{index}")), exhibit.caption))
        elif isinstance(exhibit, Curves) and exhibit.curves:
            pictures.append((_markup(draw_curves(exhibit, f"picture-{index}")), exhibit.caption))
    return pictures


def _costs(document: Document) -> str:
    from netmend.report.svg.draw_costs import draw_costs

    return draw_costs(document.costs, "costs") if document.costs else ""


def _most_telling(lines: Sequence[TrialLine]) -> list[TrialLine]:
    """In order; where there are too many, the first and the last are kept: how it began, and what it came to."""
    if len(lines) <= _TRIALS:
        return list(lines)
    half = _TRIALS // 2
    return [*lines[:half], *lines[-half:]]


def _anchors(document: Document) -> dict[str, str]:
    """Where on the page a finding of a name stands; names may hold any character, so they are numbered."""
    anchors: dict[str, str] = {}
    for index, change in enumerate(document.findings, start=1):
        anchors.setdefault(change.finding.name, f"finding-{index}")
    return anchors
