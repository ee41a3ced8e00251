"""How well the suspects of a diagnosis name the faulty elements, beside the published tools."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.architecture.results import Row
from bench.architecture.statistics import f_score, recall_precision

PUBLISHED = {
    "DeepFD": (0.55, 0.32),
    "DeepDiagnosis": (0.21, 0.30),
    "NeuraLint": (0.36, 0.37),
    "UMLAUT": (0.25, 0.26),
}
"""Recall and precision with alternative fixes over 33 faults, on other machines and partly other faults: Humbatova et
al., EMSE 30:124, 2025, package tables."""


@dataclass(frozen=True, slots=True)
class Localised:
    """Recall and precision of what a diagnosis reports for one fault."""

    fault: str
    reported: tuple[str, ...]
    recall: float
    precision: float


def localised(row: Row, fixes: Sequence[Iterable[tuple[str, int | None]]]) -> Localised:
    """Score one diagnosis: the suspects it names.

    Args:
        fixes: known fixes, each the elements it changes.
    """
    reported = [_name(kind, layer) for kind, layer, _, _, named in json.loads(row["suspects"]) if named]
    recall, precision = recall_precision(set(reported), [{_name(*place) for place in fix} for fix in fixes])
    return Localised(row["fault"], tuple(reported), recall, precision)


def table(found: Sequence[Localised]) -> str:
    """A row per fault, then the means beside those of published tools."""
    lines = ["| fault | reported | recall | precision |", "| --- | --- | ---: | ---: |"]
    lines += [f"| {one.fault} | {', '.join(one.reported)} | {one.recall:.2f} | {one.precision:.2f} |" for one in found]
    means: Mapping[str, tuple[float, float]] = {
        f"netmend, {len(found)} faults": (
            sum(one.recall for one in found) / len(found),
            sum(one.precision for one in found) / len(found),
        ),
        **{f"{name}, published": values for name, values in PUBLISHED.items()},
    }
    lines += ["", "| | recall | precision | F3 |", "| --- | ---: | ---: | ---: |"]
    lines += [f"| {name} | {a:.2f} | {b:.2f} | {f_score(a, b):.2f} |" for name, (a, b) in means.items()]
    return "\n".join(lines) + "\n"


def _name(kind: str, layer: int | None) -> str:
    return kind if layer is None else f"{kind} of layer {layer}"
