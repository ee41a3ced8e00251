import dataclasses
import math
from pathlib import Path

import numpy as np

from netmend.report.document import Document, TrialLine, cleaned, total


def test_the_control_is_no_candidate(example):
    document = example("plausible")
    assert document.candidates == 5
    assert document.control is not None and document.control.size == 0


def test_a_patch_tried_twice_is_one_candidate(finished_repair, example):
    again = example("large")
    assert again.candidates == len({line.patch for line in again.trials})


def test_trials_keep_what_decided(example):
    crashed = example("plausible").trials[2]
    assert (crashed.outcome, crashed.sentence, crashed.score) == ("invalid", "crashed: ValueError at train.py:24", None)


def test_cleaned_turns_every_non_finite_number_into_none_and_nothing_else():
    line = TrialLine(
        1, "p", "c", 1, "screen", 2, math.nan, "invalid", False, "s", -math.inf, ("r",), "", "", np.float32(0.5)
    )
    clean = cleaned(line)
    assert (clean.effort, clean.score, clean.seconds) == (None, None, 0.5)
    assert type(clean.seconds) is float
    assert dataclasses.replace(clean, effort=1.0) == dataclasses.replace(cleaned(clean), effort=1.0)
    assert cleaned((np.int64(3), True, "nan", (1, 2.5))) == (3, True, "nan", (1, 2.5))


def test_costs_add_up(example):
    document = example("plausible")
    sums = total(document.costs)
    assert sums.runs == 8 + 8 + 31 + 6 + 8
    assert math.isclose(sums.wall_seconds, 10.9 + 10.2 + 34.1 + 8.0 + 11.1)


def test_every_key_is_documented(example):
    described = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")
    shapes = {type(part) for part in _parts(example("plausible"))}
    assert Document in shapes and len(shapes) > 12
    missing = [
        field.name for shape in shapes for field in dataclasses.fields(shape) if f"`{field.name}`" not in described
    ]
    assert missing == []


def _parts(value):
    if dataclasses.is_dataclass(value):
        yield value
        for field in dataclasses.fields(value):
            yield from _parts(getattr(value, field.name))
    elif isinstance(value, tuple):
        for part in value:
            yield from _parts(part)
