"""The tables of the benchmark, from its committed results: both tools beside one another on the same cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.architecture.results import Row, read
from bench.conversion.plan import developed_on
from bench.conversion.published import PUBLISHED
from bench.conversion.subjects import SUBJECTS

RESULTS = Path(__file__).parent / "results" / "cells.csv"
MANY = RESULTS.with_name("many_inputs.csv")
"""Cells with many inputs, on which executions are compared."""

PAGE = RESULTS.with_name("results.md")

TOOLS = {"netmend": "netmend", "fetafix": "FetaFix's strategy"}


def publish() -> str:
    """Write the page, and give it."""
    rows = read(RESULTS)
    text = "\n".join(_page(rows)) + "\n"
    if rows:
        PAGE.write_text(text, encoding="utf-8")
    return text


def _page(rows: Sequence[Row]) -> Iterator[str]:
    cases = [row for row in rows if not row["faults"].startswith("published")]
    reported = [row for row in cases if not developed_on(row)]
    developed = [row for row in cases if developed_on(row)]
    yield "# Conversion repair: results"
    yield ""
    yield "Shares in brackets: 95 % intervals (Wilson). What the words mean: docs/conversion-benchmark.md."
    for name, part in (("Reported cells", reported), ("Cells the tool was developed on", developed)):
        yield from ("", f"## {name}", "")
        yield from _measures(part)
    whole = _of(reported, "netmend")
    yield from ("", "## By fault type, alone (reported, netmend)", "")
    yield from _groups(_alone(whole), "fault", lambda row: row["faults"])
    yield from ("", "## By number of faults (reported, netmend)", "")
    yield from _groups(_several(whole), "faults", lambda row: row["faults"])
    yield from ("", "## By network and format (reported, netmend)", "")
    yield from _groups(_faulty(whole), "network", lambda row: f"{row['subject']}, {_format(row)}")
    yield from ("", "## Controls (netmend)", "")
    yield from _controls(_of(cases, "netmend"))
    yield from ("", "## Executions on the same cells", "")
    yield from _executions(reported)
    yield from ("", "## Executions where many inputs are given", "")
    yield from _with_many(read(MANY))
    yield from ("", "## The published cases", "")
    yield from _published([row for row in rows if row["faults"].startswith("published")])


def _measures(rows: Sequence[Row]) -> Iterator[str]:
    """Both tools on the ONNX cells that both were given, and netmend on all and on those for TFLite."""
    both = {_key(row) for row in _of(rows, "fetafix")} & {_key(row) for row in _of(rows, "netmend")}
    shared = [row for row in rows if _key(row) in both]
    columns = {
        "netmend, all": _of(rows, "netmend"),
        "netmend, TFLite": [row for row in _of(rows, "netmend") if _format(row) != "ONNX"],
        "netmend, cells of both": _of(shared, "netmend"),
        "FetaFix's strategy, cells of both": _of(shared, "fetafix"),
    }
    yield f"| measure | {' | '.join(columns)} |"
    yield "| --- |" + " --- |" * len(columns)
    for name, measure in _MEASURES.items():
        yield f"| {name} | {' | '.join(measure(part) for part in columns.values())} |"


def _clean(rows: Sequence[Row]) -> str:
    controls = [row for row in rows if not row["faults"]]
    return share(sum(_untouched(row) for row in controls), len(controls))


def _untouched(row: Row) -> bool:
    return row["mends"] == "0" and row["wrong_nodes"] == "0" and not row["failure"]


def _named(key: str, part: Callable[[Sequence[Row]], list[Row]]) -> Callable[[Sequence[Row]], str]:
    return lambda rows: share(_sum(part(rows), key, 0), _sum(part(rows), key, 1))


def _precision(rows: Sequence[Row]) -> str:
    right = _sum(_faulty(rows), "right_node", 0)
    return share(right, right + sum(int(row["wrong_nodes"]) for row in _faulty(rows)))


def _agreement(part: Callable[[Sequence[Row]], list[Row]]) -> Callable[[Sequence[Row]], str]:
    return lambda rows: share(sum(map(_agrees, part(rows))), len(part(rows)))


def _agrees(row: Row) -> bool:
    return row["agrees"].startswith("yes")


def _labels(rows: Sequence[Row]) -> str:
    pairs = [row["labels"].split("/") for row in _faulty(rows) if "/" in row["labels"]]
    return share(sum(int(one) for one, _ in pairs), sum(int(other) for _, other in pairs))


def _faulty(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["faults"]]


def _alone(rows: Sequence[Row]) -> list[Row]:
    return [row for row in _faulty(rows) if not row["faults"].endswith(" faults")]


def _several(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["faults"].endswith(" faults")]


_MEASURES: dict[str, Callable[[Sequence[Row]], str]] = {
    "controls without edit or accusation": _clean,
    "cases; faults in them": lambda rows: f"{len(_faulty(rows))}; {_sum(_faulty(rows), 'right_node', 1)}",
    "right node": _named("right_node", _faulty),
    "right name": _named("right_name", _faulty),
    "precision of accused nodes": _precision,
    "one fault: right node": _named("right_node", _alone),
    "one fault: right name": _named("right_name", _alone),
    "one fault: agreement on fresh inputs": _agreement(_alone),
    "two to five: right node": _named("right_node", _several),
    "two to five: right name": _named("right_name", _several),
    "two to five: agreement on fresh inputs": _agreement(_several),
    "agreement on fresh inputs": _agreement(_faulty),
    "other top label on fresh inputs, afterwards": _labels,
    "processor seconds, median and largest": lambda rows: _middle(_faulty(rows), "seconds"),
    "executions, median and largest": lambda rows: _middle(_faulty(rows), "executions"),
}


def _groups(rows: Sequence[Row], what: str, key: Callable[[Row], str]) -> Iterator[str]:
    yield f"| {what} | cases | right node | right name | wrong nodes | agreement | seconds, median and largest |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name in sorted({key(row) for row in rows}):
        part = [row for row in rows if key(row) == name]
        total = _sum(part, "right_node", 1)
        nodes, names = (f"{_sum(part, each, 0)} of {total}" for each in ("right_node", "right_name"))
        wrong = sum(int(row["wrong_nodes"]) for row in part)
        agree = sum(map(_agrees, part))
        yield f"| {name} | {len(part)} | {nodes} | {names} | {wrong} | {agree} | {_middle(part, 'seconds')} |"


def _controls(rows: Sequence[Row]) -> Iterator[str]:
    yield "| network | pairs | untouched |"
    yield "| --- | --- | --- |"
    controls = [row for row in rows if not row["faults"]]
    for name in dict.fromkeys(row["subject"] for row in controls):
        part = [row for row in controls if row["subject"] == name]
        yield f"| {name} | {len(part)} | {sum(map(_untouched, part))} |"
    yield f"| all | {len(controls)} | {share(sum(map(_untouched, controls)), len(controls))} |"


def _executions(rows: Sequence[Row]) -> Iterator[str]:
    """netmend's executions as a share of FetaFix's, where labels gave FetaFix something to do."""
    yield "| networks | cells | FetaFix is busy | netmend, median | FetaFix, median | ratio | at most a tenth |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    other = {_key(row): row for row in _of(rows, "fetafix")}
    pairs = [(row, other[_key(row)]) for row in _faulty(_of(rows, "netmend")) if _key(row) in other]
    for size in dict.fromkeys(SUBJECTS[row["subject"]].size for row, _ in pairs):
        part = [pair for pair in pairs if SUBJECTS[pair[0]["subject"]].size == size]
        busy = [(one, two) for one, two in part if float(two["executions"]) > 3 * BARE]
        if not busy:
            yield f"| {size} | {len(part)} | 0 | | | | |"
            continue
        ratios = [float(one["executions"]) / float(two["executions"]) for one, two in busy]
        ours, theirs = (_middle([pair[at] for pair in busy], "executions").partition(",")[0] for at in (0, 1))
        tenth = share(sum(ratio <= 0.1 for ratio in ratios), len(ratios))
        middle = sorted(ratios)[len(ratios) // 2]
        yield f"| {size} | {len(part)} | {len(busy)} | {ours} | {theirs} | {middle:.2f} | {tenth} |"


def _with_many(rows: Sequence[Row]) -> Iterator[str]:
    """Both tools on the same cells, those apart where labels give FetaFix nothing to do."""
    yield "| network, inputs | cells | agree: netmend, FetaFix | netmend, median | FetaFix | ratio | at most a tenth |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    other = {(*_key(row), row["inputs"]): row for row in _of(rows, "fetafix")}
    pairs = [(row, other[key]) for row in _of(rows, "netmend") if (key := (*_key(row), row["inputs"])) in other]
    for name, inputs in dict.fromkeys((row["subject"], row["inputs"]) for row, _ in pairs):
        whole = [pair for pair in pairs if (pair[0]["subject"], pair[0]["inputs"]) == (name, inputs)]
        busy = [(one, two) for one, two in whole if float(two["executions"]) > 2 * int(inputs)]
        for what, part in (("", busy), (", no label differs", [pair for pair in whole if pair not in busy])):
            if part:
                ratios = sorted(float(one["executions"]) / float(two["executions"]) for one, two in part)
                ours, theirs = (_middle([pair[at] for pair in part], "executions").partition(",")[0] for at in (0, 1))
                agree = " and ".join(str(sum(_agrees(pair[at]) for pair in part)) for at in (0, 1))
                tenth = f"{sum(ratio <= 0.1 for ratio in ratios)} of {len(ratios)}"
                middle = f"{ratios[len(ratios) // 2]:.3f}"
                yield f"| {name}, {inputs}{what} | {len(part)} | {agree} | {ours} | {theirs} | {middle} | {tenth} |"


BARE = 16
"""Rows that a repair is given: FetaFix runs both sides on them, even if there is nothing for it to do."""


def _published(rows: Sequence[Row]) -> Iterator[str]:
    yield "| case | stands in for | put in | tool | node | name | other labels | agreement | seconds | executions |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for place, case in enumerate(PUBLISHED, 1):
        for row in rows:
            if row["faults"] == f"published {place}":
                what = f"{case.subject}, {case.direction} ({row['spelling'].replace('|', ' or ')})"
                names = (row["right_node"], row["right_name"], row["labels"], row["agrees"], row["seconds"])
                put = row["injected"] or "nothing"
                cells = (place, what, put, TOOLS[row["tool"]], *names, row["executions"])
                yield f"| {' | '.join(map(str, cells))} |"
    for tool, name in TOOLS.items():
        own = _of(rows, tool)
        if own:
            yield f"\n{name}: {sum(_solved(row) for row in own)} of {len(own)} cases in full agreement."


def _solved(row: Row) -> bool:
    """Agreement, and nothing touched where nothing was put in."""
    return _agrees(row) and (bool(row["injected"]) or _untouched(row))


def _of(rows: Sequence[Row], tool: str) -> list[Row]:
    return [row for row in rows if row["tool"] == tool]


def _key(row: Row) -> tuple[str, ...]:
    return row["subject"], row["spelling"], row["faults"], row["seed"]


def _format(row: Row) -> str:
    return row["spelling"].replace("tflite", "TFLite") if row["spelling"].startswith("tflite") else "ONNX"


def _sum(rows: Sequence[Row], key: str, at: int) -> int:
    return sum(int(row[key].split("/")[at]) for row in rows)


def share(part: int, whole: int) -> str:
    """A share with its Wilson interval (E. B. Wilson, JASA 22, 1927)."""
    if not whole:
        return ""
    z, p = 1.96, part / whole
    centre = (p + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z * (p * (1 - p) / whole + z * z / (4 * whole * whole)) ** 0.5 / (1 + z * z / whole)
    return f"{part} of {whole}, {p:.1%} [{max(0.0, centre - half):.1%}, {min(1.0, centre + half):.1%}]"


def _middle(rows: Sequence[Row], key: str) -> str:
    values = sorted(float(row[key]) for row in rows)
    return f"{values[len(values) // 2]:g}, {values[-1]:g}" if values else ""
