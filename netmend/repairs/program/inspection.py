"""A training program read and not run: what static rules say, and what a model of correct programs expects there."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netmend.core.errors import SubjectError
from netmend.core.exhibits import Exhibit
from netmend.core.records import Diagnosis
from netmend.program.elements._find import find_all
from netmend.program.lint._run import run as lint
from netmend.program.sequence.read import sequence_of
from netmend.program.source import Program
from netmend.repairs.program.exhibits import listings
from netmend.repairs.program.infill._expected import expected
from netmend.repairs.program.infill._prior import Prior
from netmend.repairs.program.infill._scorer import scorer
from netmend.repairs.program.localise import localise

NOT_RUN = (
    "Nothing was run: rules and model saw the text alone, no data and no training. What is odd here may be right, and "
    "what is usual may be wrong."
)
UNREADABLE = "The model of programs reads neither layers nor training in this program: static rules alone rank."


@dataclass(frozen=True)
class Inspection:
    """What reading a program gave."""

    diagnosis: Diagnosis
    exhibits: tuple[Exhibit, ...]
    warnings: tuple[str, ...]


def inspect(program: Program) -> Inspection:
    """Rank the elements of a program by static rules and by how unlikely what stands there is.

    Raises:
        SubjectError: it shows no element that could be changed.
        EnvironmentFault: the model of programs cannot be read.
    """
    elements = find_all(program)
    if not elements:
        raise SubjectError(
            "nothing of a training is seen in this program",
            where=program.main.name,
            hint="netmend reads Keras 3 and PyTorch programs; name the script that makes and trains the model",
        )
    sequence = sequence_of(program)
    prior = None if sequence is None else Prior(scorer(), sequence, elements)
    diagnosis, _ = localise(elements, lint(elements), (), {}, None, prior)
    shown: list[Exhibit] = [
        *listings(program, diagnosis, expected=True),
        *([] if prior is None else [expected(prior.holes)]),
    ]
    notes = [f"{file.name}: {note}." for file in program.files for note in file.notes]
    return Inspection(diagnosis, tuple(shown), (NOT_RUN, *([UNREADABLE] if prior is None else []), *notes))


def report_facts(program: Program, found: Inspection) -> dict[str, Any]:
    """What a document says beside the diagnosis itself."""
    path = os.path.relpath(program.folder / program.main.name, Path.cwd())
    return {
        "kind": "program",
        "subject": program.main.name,
        "exhibits": found.exhibits,
        "warnings": found.warnings,
        "reproduce": (shlex.join(["netmend", "diagnose", path, "--no-run"]),),
        "references": ("infill",),
        "ran": False,
    }
