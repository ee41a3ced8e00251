"""The tables of real conversions, from their committed results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bench.architecture.results import Row, read
from bench.conversion.real.build import TABLE
from bench.conversion.real.keep import WRONG

RESULTS = Path(__file__).parent / "results.csv"
PAGE = Path(__file__).parent / "results.md"


def publish() -> str:
    """Write the page, and give it."""
    table, results = read(TABLE), read(RESULTS)
    lines = ["# Real conversions: results", "", *_converted(table), "", *_repaired(results), "", *_left(results), ""]
    text = "\n".join(lines)
    if results:
        PAGE.write_text(text, encoding="utf-8")
    return text


def mended(row: Row) -> bool:
    """Whether a wrong conversion was mended: what was handed over agrees on fresh inputs."""
    return row["outcome"] in WRONG and row["after"].startswith("right")


def _converted(table: Sequence[Row]) -> list[str]:
    lines = ["| converter | versions | networks | right | wrong | refused by its runtime | raises an error |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- |")
    for name in dict.fromkeys(row["converter"] for row in table):
        own = [row for row in table if row["converter"] == name and row["outcome"] != "source does not run"]
        counts = Counter(row["outcome"] for row in own)
        refused = counts["does not load"] + counts["does not run"]
        versions = own[0]["versions"]
        lines.append(
            f"| {name} | {versions} | {len(own)} | {counts['right']} | {counts['wrong']} | {refused} | "
            f"{counts['fails']} |"
        )
    return lines


def _repaired(results: Sequence[Row]) -> list[str]:
    lines = ["| converter | wrong | named | agree after the repair | controls | without edit |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    for name in [*dict.fromkeys(row["converter"] for row in results), "all"]:
        own = [row for row in results if name in ("all", row["converter"])]
        wrong, controls = ([row for row in own if (row["outcome"] in WRONG) == side] for side in (True, False))
        named = sum(bool(row["said"]) and "unexplained" not in row["said"] for row in wrong)
        clean = sum(row["edits"] == "0" and not row["said"] for row in controls)
        lines.append(f"| {name} | {len(wrong)} | {named} | {sum(map(mended, wrong))} | {len(controls)} | {clean} |")
    return lines


def _left(results: Sequence[Row]) -> list[str]:
    """Wrong conversions that stayed wrong, and controls that were accused."""
    lines = ["| converter | network | what is wrong | what was said |", "| --- | --- | --- | --- |"]
    for row in results:
        control = row["outcome"] not in WRONG
        if (control and (row["edits"] != "0" or row["said"])) or (not control and not mended(row)):
            said = "; ".join(filter(None, (row["verdict"], row["said"]))).replace("|", "/")
            lines.append(f"| {row['converter']} | {row['network']} | {row['outcome']} | {said} |")
    return lines
