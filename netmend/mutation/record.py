"""What is left of a study of mutants: a folder for each mutant, a table, and everything as JSON."""

from __future__ import annotations

import ast
import csv
import io
import json
import math
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from netmend.core import stats
from netmend.core.errors import EnvironmentFault
from netmend.core.stats import Score
from netmend.mutation import killing
from netmend.mutation.generate import Refused
from netmend.mutation.mutant import Mutant
from netmend.mutation.study import MutationStudy, Tried
from netmend.program.places import Edit, Place
from netmend.program.source import Program

SCHEMA = 1

COPIED_UP_TO = 2**20
"""Bytes. Data files that a program names and that are larger are linked to, not copied into every mutant's folder."""

COLUMNS = (
    "mutant",
    "operator",
    "acronym",
    "element",
    "file",
    "line",
    "before",
    "after",
    "role",
    "status",
    "selected",
    "metric",
    "original",
    "mutated",
    "p",
    "d",
    "seeds",
)


def names(tried: Sequence[Tried]) -> list[str]:
    """A name for each mutant: its operators and a number that counts their mutants."""
    count: Counter[str] = Counter()
    found = []
    for each in tried:
        count[each.mutant.operator] += 1
        found.append(f"{each.mutant.operator}-{count[each.mutant.operator]}")
    return found


def document(
    program: Program, tried: Sequence[Tried], refused: Sequence[Refused], study: MutationStudy | None = None
) -> dict[str, Any]:
    """Everything about mutants as JSON-able values: how they were made, how to undo them, what their runs showed.

    Offsets count characters of the decoded text of a file (of the script that a notebook's code cells make).

    Args:
        program: the original.
        tried: its mutants. refused: what was not made.
        study: the runs; None if there were none.
    """
    page: dict[str, Any] = {
        "schema": SCHEMA,
        "program": program.main.name,
        "digest": program.digest,
        "criterion": {
            "test": "exact one-sided Mann-Whitney",
            "p_below": killing.ALPHA,
            "cohens_d_at_least": killing.SMALLEST_EFFECT,
            "selected_share": list(killing.SELECTED_SHARE),
            "selected_factor": list(killing.SELECTED_FACTOR),
        },
        "mutants": [_mutant(name, each) for name, each in zip(names(tried), tried, strict=True)],
        "not_applicable": [_refused(each) for each in refused],
    }
    if study is not None:
        runs = sum(cost.runs for cost in study.costs.values())
        page |= {
            "metric": study.metric.name,
            "metric_reason": study.metric_reason,
            "higher_is_better": study.metric.higher_is_better,
            "original": _sample(study.original, study.seeds),
            "trivial": _finite(study.trivial),
            "arguments": list(study.subject.arguments),
            "ended": study.ended,
            "interrupted": study.interrupted,
            "warnings": list(study.warnings),
            "runs": runs,
            "run_seconds": sum(cost.run_seconds for cost in study.costs.values()),
        }
    return page


def table(page: dict[str, Any]) -> str:
    """The mutants of a document as CSV; scores and seeds are separated by spaces."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    original = " ".join(map(_shown, page.get("original", {}).get("scores", ())))
    for each in page["mutants"]:
        truths = each["truth"]
        writer.writerow(
            {
                **{key: each[key] for key in ("operator", "acronym", "role", "status")},
                "mutant": each["name"],
                "element": " + ".join(f"{truth['kind']} of {truth['owner']}" for truth in truths),
                "file": truths[0]["place"]["file"],
                "line": " + ".join(str(truth["place"]["line"]) for truth in truths),
                "before": " + ".join(truth["right"] for truth in truths),
                "after": " + ".join(truth["wrong"] for truth in truths),
                "selected": str(each["selected"]).lower(),
                "metric": page.get("metric", ""),
                "original": original,
                "mutated": " ".join(map(_shown, each["runs"]["scores"])),
                "p": _shown(each["p"], ""),
                "d": _shown(each["d"], ""),
                "seeds": " ".join(map(str, each["runs"]["seeds"])),
            }
        )
    return text.getvalue()


def write(page: dict[str, Any], tried: Sequence[Tried], folder: Path) -> None:
    """Write `mutants.json`, `mutants.csv`, and a folder for each mutant with its program.

    A mutant's folder holds the program's own files, changed, and what its text names of the files beside it: copied up
    to `COPIED_UP_TO`, linked to above.

    Raises:
        EnvironmentFault: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for each, known in zip(tried, page["mutants"], strict=True):
            _write_program(each.mutant, folder / known["folder"])
        for name, text in (("mutants.json", to_json(page) + "\n"), ("mutants.csv", table(page))):
            new = folder / f".{name}.new"
            new.write_text(text, encoding="utf-8", newline="")
            new.replace(folder / name)
    except OSError as error:
        raise EnvironmentFault(f"the mutants cannot be written: {error.strerror}", where=str(folder)) from error


def to_json(page: dict[str, Any]) -> str:
    """A document as text; what is not finite is null, but an infinite effect is a string."""
    return json.dumps(page, indent=1, ensure_ascii=False, allow_nan=False)


def _write_program(mutant: Mutant, folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    for file in mutant.program.files:
        path = folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.raw)
    for path in _named_files(mutant.original):
        target = folder / path.relative_to(mutant.original.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.stat().st_size <= COPIED_UP_TO:
            shutil.copyfile(path, target)
        else:
            target.symlink_to(path)


def _named_files(program: Program) -> Iterator[Path]:
    """Files of the program's folder that a string in its text names, its own files apart."""
    own = {program.folder / file.name for file in program.files}
    strings = {
        node.value
        for file in program.files
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for name in sorted(strings):
        if not name or len(name) > 255 or "\n" in name or "\0" in name:
            continue  # no file is called so
        path = program.folder / name
        if path.is_file() and path not in own and path.resolve().is_relative_to(program.folder):
            yield path


def _mutant(name: str, tried: Tried) -> dict[str, Any]:
    mutant, decision = tried.mutant, tried.decision
    return {
        "name": name,
        "folder": f"mutants/{name}",
        "operator": mutant.operator,
        "acronym": mutant.acronym,
        "role": tried.role,
        "status": decision.status.value,
        "sentence": decision.sentence,
        "selected": decision.selected,
        "p": _finite(decision.p),
        "d": _finite(decision.d),
        "runs": _sample(tried.scores, tried.seeds),
        "path": [{"value": value, "killed": killed} for value, killed in tried.path],
        "truth": [
            {
                "operator": truth.operator,
                "acronym": truth.acronym,
                "kind": truth.kind,
                "owner": truth.owner,
                "wrong": truth.wrong,
                "right": truth.right,
                "place": _place(truth.place),
                "mutated_place": _place(truth.mutated_place),
                "element": truth.element,
            }
            for truth in mutant.truth
        ],
        "edits": [_edit(edit) for edit in mutant.patch.edits],
        "inverse": [_edit(edit) for edit in mutant.inverse],
    }


def _refused(refused: Refused) -> dict[str, Any]:
    place = refused.why.place
    return {
        "operator": refused.operator,
        "acronym": refused.acronym,
        "value": refused.value,
        "reason": refused.why.reason.value,
        "sentence": refused.why.sentence,
        "place": None if place is None else _place(place),
    }


def _sample(scores: Sequence[Score], seeds: Sequence[int]) -> dict[str, Any]:
    return {"scores": list(scores), "seeds": list(seeds), "mean": _finite(stats.mean(scores))}


def _place(place: Place) -> dict[str, Any]:
    return {"file": place.file, "line": place.line, "column": place.column}


def _edit(edit: Edit) -> dict[str, Any]:
    return {"file": edit.file, "start": edit.start, "end": edit.end, "text": edit.text}


def _finite(value: float) -> float | str | None:
    return None if math.isnan(value) else value if math.isfinite(value) else str(value)


def _shown(value: float | str | None, missing: str = "failed") -> str:
    return missing if value is None else value if isinstance(value, str) else f"{value:.6g}"
