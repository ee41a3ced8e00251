"""The 34 faults of the architecture benchmark, and their programs as files."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.architecture.data.prepare import prepare
from bench.architecture.faults._base import Fault, Framework, Tier, Which
from bench.architecture.faults.artificial import ARTIFICIAL
from bench.architecture.faults.excluded import EXCLUDED
from bench.architecture.faults.real import REAL

PROGRAMS = Path(__file__).parent / "programs"
MODULES = Path(__file__).parents[1] / "data" / "modules"

FAULTS: dict[str, Fault] = {each.id: each for each in (*REAL, *ARTIFICIAL, *EXCLUDED)}
"""Every fault by its id, in the order of the publications."""


def select(tier: Tier, framework: Framework = "keras", *, sensible: bool = False) -> tuple[Fault, ...]:
    """The faults that have a program in a tier and framework; `sensible` leaves out D2, D8 and the excluded ones."""
    return tuple(
        each for each in FAULTS.values() if (framework, tier) in each.variants and (each.sensible or not sensible)
    )


def source(name: str, tier: Tier, framework: Framework, which: Which) -> str:
    """The text of a fault's faulty or fixed program.

    Raises:
        KeyError: the fault has no program in that tier and framework.
        ValueError: a text to be replaced is not in the program exactly once.
    """
    variant = FAULTS[name].variant(framework, tier)
    text = (PROGRAMS / variant.file).read_text(encoding="utf-8")
    if which == variant.written:
        return text
    for old, new in variant.replacements:
        if text.count(old) != 1:
            raise ValueError(f"{name} in {variant.file}: {old!r} is there {text.count(old)} times, not once")
        text = text.replace(old, new)
    return text


def materialise(name: str, tier: Tier, framework: Framework, which: Which, folder: Path) -> Path:
    """Write a fault's program, and the module that reads its data, into a folder.

    Data of the core tier are prepared if they are not in the cache yet; those of the full tier are fetched, or missed,
    when the program runs.

    Args:
        name: id of the fault.
        folder: made if need be; only a few kilobytes are written there.

    Returns:
        The program, `train.py` in the folder.

    Raises:
        KeyError: the fault has no program in that tier and framework.
    """
    variant = FAULTS[name].variant(framework, tier)
    text = source(name, tier, framework, which)
    folder.mkdir(parents=True, exist_ok=True)
    if variant.data:
        module = f"{framework}_full.py" if tier == "full" else "core.py"
        shutil.copyfile(MODULES / module, folder / "data.py")
    if tier != "full":
        for each in variant.data:
            prepare(each)
    program = folder / "train.py"
    program.write_text(text, encoding="utf-8")
    return program
