"""The report as a terminal shows it: the verdict first, then the patch, what was wrong, the numbers, what it cost."""

from __future__ import annotations

import io
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table as Grid
from rich.text import Text

from netmend.core.exhibits import Boxes, DiffExhibit, Facts, Table
from netmend.core.records import Suspect
from netmend.report.characters import lines_of, one_line, shortened, visible
from netmend.report.conclusion import BASES
from netmend.report.differences import FindingChange, fate
from netmend.report.document import Document, TrialLine, findings_in, patch_heading, total, tried
from netmend.report.numbers import BoxSummary, count, duration, number, summarise_boxes

# So that a typical repair, with a patch of two changes, fills one screen of about 45 lines; the whole is in the report.
# A patch of four changes, each in a file of its own, has 40 lines: what is cut can be copied to no `git apply`.
_DIFF_LINES = 45
_FINDINGS = 5
_SUSPECTS = 3
_WARNINGS = 3
_ROWS = 8
_LINE = 300
CONCLUSION = 4_000
"""Characters of the conclusion: it names every change of a patch and is to be read to its end; a bound for messages of
crashes alone."""

_YES = (1.0, 0.5)
"""Measured and threshold of what is either so or not, which the message says: a program crashes."""

_RESULT_STYLE = {
    "repaired": "bold blue",
    "improved": "bold blue",
    "nothing-to-repair": "bold blue",
    "diagnosed": "bold",
    "no-repair": "bold yellow",
    "harmful": "bold yellow",
    "interrupted": "bold yellow",
    "control-failed": "bold red",
}
_STATE_STYLE = {"gone": "blue", "remaining": "yellow", "new": "red", "found": "bold"}
# For an output that cannot show them: pipes and terminals under the C locale or an old code page.
_PLAIN = str.maketrans({"→": "->", "·": "-", "–": "-", "…": "...", "─": "-", "≥": ">=", "≤": "<=", "∞": "inf"})


def to_text(
    document: Document, *, width: int = 100, colour: bool = False, verbose: bool = False, written_to: str = ""
) -> str:
    """The report as text.

    Args:
        width: columns to fill. colour: with terminal escape sequences.
        verbose: also every trial.
        written_to: where the whole report lies, for the last lines; empty if it was not written.
    """
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        legacy_windows=False,
    )
    console.print(Group(*_parts(document, verbose, written_to)), crop=False)
    rendered = console.file.getvalue() if isinstance(console.file, io.StringIO) else ""
    return "\n".join(line.rstrip() for line in rendered.splitlines()) + "\n"


def print_text(document: Document, console: Console, *, verbose: bool = False, written_to: str = "") -> None:
    """Print the report; the console decides about width and colour (NO_COLOR, no terminal), its encoding is kept to."""
    colour = console.is_terminal and not console.no_color and console.color_system is not None
    text = to_text(document, width=console.width, colour=colour, verbose=verbose, written_to=written_to)
    encoding = console.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
    console.file.write(text)


def _parts(document: Document, verbose: bool, written_to: str) -> Iterator[RenderableType]:
    yield from _verdict(document)
    yield from _patch(document)
    yield from _findings(document)
    yield from _suspects(document)
    yield from _numbers(document)
    if document.kind != "program":
        yield from _details(document)
    if verbose:
        yield from _trials(document)
    yield from _end(document, written_to)


def _verdict(document: Document) -> Iterator[RenderableType]:
    conclusion = document.conclusion
    style = _RESULT_STYLE[conclusion.result]
    headline = Text(conclusion.headline, style=style)
    if conclusion.outcome is not None:
        headline.append(f" ({conclusion.outcome})", style="not bold")
    yield headline
    yield Text(shortened(one_line(conclusion.sentence), CONCLUSION))
    if conclusion.meaning:
        yield Text(f"{conclusion.meaning} Basis: {BASES[conclusion.basis]}.", style="dim")
    if document.requirement:
        yield Text(f"Required: {_said(document.requirement)}", style="dim")
    if document.confirmed is not None and document.confirmed.harm:
        yield Text(f"Lost: {_said(document.confirmed.harm)}", style="red")


def _patch(document: Document) -> Iterator[RenderableType]:
    for exhibit in document.exhibits:
        if isinstance(exhibit, DiffExhibit):
            yield _heading(patch_heading(document))
            for change in exhibit.changes:
                yield _indented(Text(f"· {_said(change)}"))
            lines = lines_of(exhibit.reading or exhibit.diff)
            for line in lines[:_DIFF_LINES]:
                yield Text(shortened(visible(line), _LINE), style=_diff_style(line), no_wrap=True, overflow="ignore")
            if len(lines) > _DIFF_LINES:
                yield Text(f"… {count(len(lines) - _DIFF_LINES, 'more line')}", style="dim")


def _diff_style(line: str) -> str:
    if line.startswith(("+++", "---")):
        return "bold"
    return {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")


def _findings(document: Document) -> Iterator[RenderableType]:
    if not document.findings:
        return
    yield _heading("What was wrong" if document.command == "repair" else "Findings")
    grid = _grid(no_wrap=(0,))
    for change in document.findings[:_FINDINGS]:
        finding = change.finding
        text = Text(_said(finding.name), style="bold").append(f": {_said(finding.message)}", style="not bold")
        text.append(_measured(change), style="dim not bold")
        if finding.places:
            text.append(f"  {_said(finding.places[0])}", style="cyan not bold")
        state = "" if change.state == "found" else fate(change)
        grid.add_row(Text(state or "·", style=_STATE_STYLE[change.state]), text)
    yield _indented(grid)
    yield from _more(len(document.findings) - _FINDINGS, "finding")


def _measured(change: FindingChange) -> str:
    finding = change.finding
    if finding.measured is None or (finding.measured, finding.threshold) == _YES:
        return ""
    now = f", now {number(change.after.measured)}" if change.after is not None else ""
    threshold = f", threshold {number(finding.threshold)}" if finding.threshold is not None else ""
    return f" (measured {number(finding.measured)}{now}{threshold})"


def _suspects(document: Document) -> Iterator[RenderableType]:
    if not document.suspects:
        return
    yield _heading("Where")
    grid = _grid(right=(0,))
    for suspect in document.suspects[:_SUSPECTS]:
        grid.add_row(
            Text(f"{suspect.score:.2f}" if suspect.score is not None else "", style="dim"),
            Text(_said(suspect.place), style="cyan"),
            _suspected(suspect),
        )
    yield _indented(grid)
    yield from _more(len(document.suspects) - _SUSPECTS, "suspect")


def _suspected(suspect: Suspect) -> Text:
    """What stands there, and beneath it what similar runs say; bold is what to look at first."""
    text = Text(_said(suspect.label), style="bold" if suspect.named else "")
    return text.append(f"\n{_said(suspect.experience)}", style="not bold dim") if suspect.experience else text


def _numbers(document: Document) -> Iterator[RenderableType]:
    for exhibit in document.exhibits:
        if isinstance(exhibit, Boxes):
            better = "higher" if exhibit.higher_is_better else "lower"
            median = ", median" if any(len(box.values) > 1 for box in exhibit.boxes) else ""
            yield _heading(f"{_said(exhibit.quantity)}{median}, {better} is better")
            grid = _grid(right=(1,))
            for box in summarise_boxes(exhibit):
                grid.add_row(
                    Text(_said(box.label)),
                    Text(number(box.median), style="bold"),
                    Text(_spread(box, exhibit.each), style="dim"),
                )
            yield _indented(grid)
            if exhibit.lines:
                lines = " · ".join(f"{_said(label)} {number(value)}" for label, value in exhibit.lines)
                yield _indented(Text(lines, style="dim"))


def _spread(box: BoxSummary, each: str) -> str:
    if box.failed == box.runs:
        return f"{count(box.runs, each)}, all failed" if box.runs != 1 else f"1 {each}, failed"
    failed = f", {box.failed} failed" if box.failed else ""
    return f"{number(box.lowest)} to {number(box.highest)}, {count(box.runs, each)}{failed}"


def _details(document: Document) -> Iterator[RenderableType]:
    """Facts and the tops of tables, where no patch says what was done."""
    for exhibit in document.exhibits:
        if isinstance(exhibit, Facts):
            yield _heading(_said(exhibit.caption))
            grid = _grid(no_wrap=(0,))
            for name, value in exhibit.facts:
                grid.add_row(Text(_said(name), style="dim"), Text(_said(value)))
            yield _indented(grid)
        elif isinstance(exhibit, Table):
            yield _heading(_said(exhibit.caption))
            grid = _grid(right=tuple(at for at, name in enumerate(exhibit.columns) if name in exhibit.numeric))
            grid.add_row(*(Text(_said(name), style="dim") for name in exhibit.columns))
            for row in exhibit.rows[:_ROWS]:
                grid.add_row(*(Text(_said(cell)) for cell in row))
            yield _indented(grid)
            yield from _more(len(exhibit.rows) - _ROWS, "row")


def _trials(document: Document) -> Iterator[RenderableType]:
    lines = tried(document)
    if not lines:
        return
    yield _heading("Trials")
    grid = _grid(right=(0, 3), no_wrap=(0, 1, 3))
    for line in lines:
        grid.add_row(
            Text(trial_name(line), style="dim"),
            Text(str(line.outcome), style="bold blue" if line.accepted else ""),
            Text(_said(line.change)).append(f"  {_said(line.sentence)}", style="dim"),
            Text(duration(line.seconds), style="dim"),
        )
    yield _indented(grid)


def _end(document: Document, written_to: str) -> Iterator[RenderableType]:
    yield _heading("")
    grid = _grid(no_wrap=(0,))
    remaining = findings_in(document, "remaining", "new")
    if document.command == "repair" and document.conclusion.outcome is not None:
        names = ", ".join(dict.fromkeys(_said(finding.name) for finding in remaining))
        grid.add_row(Text("remains", style="dim"), Text(names or "no finding", style="yellow" if names else ""))
    if document.costs:
        cost = total(document.costs)
        tried = f", {count(document.candidates, 'candidate')} tried" if document.candidates else ""
        runs = f"{count(cost.runs, 'run')} in " if cost.runs else ""
        spent = f"{runs}{duration(cost.wall_seconds)}{tried}"
        grid.add_row(Text("cost", style="dim"), Text(spent))
    for warning in document.warnings[:_WARNINGS]:
        grid.add_row(Text("warning", style="dim"), Text(_said(warning), style="yellow"))
    if len(document.warnings) > _WARNINGS:
        grid.add_row("", Text(f"and {count(len(document.warnings) - _WARNINGS, 'more warning')}", style="dim"))
    for command in document.reproduce:
        grid.add_row(Text("reproduce", style="dim"), Text(one_line(command), style="cyan"))
    if written_to:
        grid.add_row(Text("report", style="dim"), Text(one_line(written_to), style="cyan"))
    yield grid


def trial_name(line: TrialLine) -> str:
    """What a trial is called in a table: its number, or what its sample was for."""
    return str(line.number) if line.purpose == "screen" else line.purpose


def _said(text: str) -> str:
    return shortened(one_line(text), _LINE)


def _heading(text: str) -> RenderableType:
    if not text:
        return Rule(style="dim", characters="─")
    return Text(f"\n{text}", style="bold")


def _indented(part: RenderableType) -> RenderableType:
    return Padding(part, (0, 0, 0, 2))


def _grid(right: tuple[int, ...] = (), no_wrap: tuple[int, ...] = ()) -> Grid:
    grid = Grid.grid(padding=(0, 2, 0, 0))
    for column in range(max((1, *right, *no_wrap)) + 1):
        grid.add_column(justify="right" if column in right else "left", no_wrap=column in no_wrap, overflow="fold")
    return grid


def _more(left_out: int, what: str) -> Iterator[RenderableType]:
    if left_out > 0:
        yield _indented(Text(f"and {count(left_out, f'more {what}')}", style="dim"))
