"""The tables of the benchmark, from its committed results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.architecture.results import Row, read

RESULTS = Path(__file__).parent / "results" / "cells.csv"
PAGE = RESULTS.with_name("results.md")


def publish() -> str:
    """Write the page, and give it."""
    rows = read(RESULTS)
    lines = ["# Conversion repair: results", ""]
    for tool in dict.fromkeys(row["tool"] for row in rows):
        own = [row for row in rows if row["tool"] == tool]
        lines += [f"## {tool}", "", *_overview(own), "", *_by_fault(own), "", *_by_subject(own), ""]
    text = "\n".join(lines)
    if rows:
        PAGE.write_text(text, encoding="utf-8")
    return text


def _overview(rows: Sequence[Row]) -> list[str]:
    controls, faulty = _split(rows)
    alone, several = (
        [row for row in faulty if not row["faults"].endswith(" faults")],
        [row for row in faulty if row["faults"].endswith(" faults")],
    )
    lines = ["| measure | value |", "| --- | --- |"]
    clean = sum(row["mends"] == "0" and row["wrong_nodes"] == "0" for row in controls)
    lines.append(f"| healthy pairs without any edit or accusation | {clean} of {len(controls)} |")
    for name, part in (("one fault", alone), ("two to five faults", several)):
        if part:
            nodes, names, total = (
                _sum(part, key, at) for key, at in (("right_node", 0), ("right_name", 0), ("right_node", 1))
            )
            accused = total and nodes + sum(int(row["wrong_nodes"]) for row in part)
            agree = sum(row["agrees"].startswith("yes") for row in part)
            lines += [
                f"| {name}: cases, faults | {len(part)}, {total} |",
                f"| {name}: right node | {_share(nodes, total)} |",
                f"| {name}: right name | {_share(names, total)} |",
                f"| {name}: precision of accused nodes | {_share(nodes, accused)} |",
                f"| {name}: full agreement on fresh inputs | {_share(agree, len(part))} |",
            ]
    if faulty:
        lines.append(f"| seconds, median and largest | {_middle(faulty, 'seconds')} |")
        lines.append(f"| executions of a network, median and largest | {_middle(faulty, 'executions')} |")
    return lines


def _by_fault(rows: Sequence[Row]) -> list[str]:
    _, faulty = _split(rows)
    lines = ["| fault, alone | cases | right node | right name | agreement |", "| --- | --- | --- | --- | --- |"]
    for name in sorted({row["faults"] for row in faulty if not row["faults"].endswith(" faults")}):
        part = [row for row in faulty if row["faults"] == name]
        agree = sum(row["agrees"].startswith("yes") for row in part)
        lines.append(
            f"| {name} | {len(part)} | {_sum(part, 'right_node', 0)} | {_sum(part, 'right_name', 0)} | {agree} |"
        )
    return lines


def _by_subject(rows: Sequence[Row]) -> list[str]:
    lines = ["| network | controls without edit | faulty cases | agreement | seconds, median and largest |"]
    lines.append("| --- | --- | --- | --- | --- |")
    for name in dict.fromkeys(row["subject"] for row in rows):
        controls, faulty = _split([row for row in rows if row["subject"] == name])
        clean = sum(row["mends"] == "0" and row["wrong_nodes"] == "0" for row in controls)
        agree = sum(row["agrees"].startswith("yes") for row in faulty)
        times = _middle(faulty, "seconds") if faulty else ""
        lines.append(f"| {name} | {clean} of {len(controls)} | {len(faulty)} | {agree} | {times} |")
    return lines


def _split(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Controls, and cases with faults."""
    return [row for row in rows if not row["faults"]], [row for row in rows if row["faults"]]


def _sum(rows: Sequence[Row], key: str, at: int) -> int:
    return sum(int(row[key].split("/")[at]) for row in rows)


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.1%})" if whole else "none"


def _middle(rows: Sequence[Row], key: str) -> str:
    values = sorted(float(row[key]) for row in rows)
    return f"{values[len(values) // 2]:g}, {values[-1]:g}"
