"""What the repair of a training program shows: diff, marked source, curves, box plot, facts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from netmend.core.exhibits import Box, Boxes, Curve, Curves, DiffExhibit, Exhibit, Facts, Listing, Mark
from netmend.core.records import Diagnosis, Repair
from netmend.program.diff import reading_diff, unified_diff
from netmend.program.edits import SourcePatch
from netmend.program.source import Program
from netmend.repairs.program.evidence import Evidence, Observation
from netmend.repairs.program.oracle import Oracle
from netmend.training.trace import Trace

MARKED = 12
"""Suspects marked beside the source; a listing in which every line is marked says nothing. Own choice."""

CURVE_POINTS = 400
"""Points of one curve at most: about the width of the plot in pixels."""


def of_diagnosis(program: Program, observation: Observation, diagnosis: Diagnosis, oracle: Oracle) -> list[Exhibit]:
    """Exhibits of a program that was watched but not repaired."""
    return [
        *listings(program, diagnosis),
        *_curves(_as_it_is(observation), ()),
        _boxes(oracle, [("the program as it is", observation.evidence, "search")], observation.evidence),
        _facts(observation, oracle),
    ]


def of_repair(
    program: Program,
    observation: Observation,
    repair: Repair[SourcePatch, Evidence],
    oracle: Oracle,
    searched: str = "",
) -> list[Exhibit]:
    """Exhibits of a repair: the confirmed patch if there is one, else the best of those that seemed better.

    Args:
        searched: what proposed patches, and out of what; empty if there is nothing to add to its name.
    """
    shown: list[Exhibit] = []
    chosen = repair.confirmed or repair.best
    if repair.confirmed is not None:
        shown.append(
            _diff(
                program,
                repair.confirmed.patch,
                "The patch. Apply it in the program's folder with: git apply patch.diff",
            )
        )
    elif chosen is not None:
        shown.append(_diff(program, chosen.patch, "The best patch so far. It is not confirmed: do not rely on it."))
    shown += listings(program, repair.diagnosis)
    after: Sequence[Trace] = ()
    boxes = [("before", repair.before, "report" if repair.confirmed else "search")]
    if chosen is not None:
        after = [run.result.trace for run in chosen.evidence.runs if run.result.trace is not None]
        boxes.append(("after" if repair.confirmed else "best so far", chosen.evidence, chosen.evidence.rows))
    shown += _curves(_as_it_is(observation), after)
    shown.append(_boxes(oracle, boxes, repair.before))
    shown.append(_facts(observation, oracle, searched))
    return shown


def _diff(program: Program, patch: SourcePatch, caption: str) -> DiffExhibit:
    words = tuple(map(str, patch.changes))
    return DiffExhibit(caption, unified_diff(program, patch), words, reading_diff(program, patch))


def listings(program: Program, diagnosis: Diagnosis, *, expected: bool = False) -> Iterable[Listing]:
    """The program's files with marks where suspects stand.

    Args:
        expected: mark also where a model expects something else, though no finding points there.
    """
    suspects = [each for each in diagnosis.suspects if each.findings or (expected and each.experience)][:MARKED]
    learned = any(suspect.experience for suspect in diagnosis.suspects)
    joined = " Scores join findings with what models have learned from other programs." if learned else ""
    for file in program.files:
        marks = []
        for suspect in suspects:
            name, line, column = suspect.place.rsplit(":", 2)
            if name == file.name:
                marks.append(Mark(int(line), int(column), suspect.label, suspect.score, suspect.findings))
        if marks or file is program.main:
            caption = "The program with its suspects. A suspect is where to look first, not a verdict." + joined
            yield Listing(
                caption, file.name, file.text, tuple(sorted(marks, key=lambda mark: (mark.line, mark.column)))
            )


def _as_it_is(observation: Observation) -> Sequence[Trace]:
    """Traces of the program itself: none of one that crashes."""
    return [trace for trace in observation.traces if trace.crash is None]


def _curves(before: Sequence[Trace], after: Sequence[Trace]) -> Iterable[Curves]:
    """The training loss, and the validation loss where it is reported; one line per run."""
    for quantity, caption in (
        ("loss", "Training loss over the epochs, one line per run."),
        ("val_loss", "Validation loss over the epochs, one line per run."),
    ):
        curves = [
            Curve(side, trace.seed, tuple(_finite(value) for value in _thinned(trace.series(quantity))))
            for side, traces in (("before", before), ("after", after))
            for trace in traces
            if trace.series(quantity)
        ]
        if curves:
            yield Curves(caption, quantity, tuple(curves))


def _boxes(oracle: Oracle, samples: Sequence[tuple[str, Evidence, str]], before: Evidence) -> Boxes:
    rows = samples[-1][2]
    unseen = "rows no decision has looked at" if rows == "report" else "the rows the search may look at"
    answer = oracle.metric.trivial.value
    lines = []
    trivials = [sample.trivial(rows) for sample in (before, *(each for _, each, _ in samples))]
    trivial = next((value for value in trivials if value is not None), None)
    if trivial is not None:
        lines.append(("trivial predictor", trivial))
    if oracle.goal is not None:
        lines.append(("goal", oracle.goal))
    return Boxes(
        caption=f"{oracle.metric.name} of each run on {unseen}. The trivial predictor always answers {answer}.",
        quantity=oracle.metric.name,
        higher_is_better=oracle.metric.higher_is_better,
        boxes=tuple(Box(label, evidence.scores(which)) for label, evidence, which in samples),
        lines=tuple(lines),
    )


def _facts(observation: Observation, oracle: Oracle, searched: str = "") -> Facts:
    trace = observation.traces[0]
    evaluation = trace.evaluation
    assert evaluation is not None
    spent = sum(one.probe_seconds for one in observation.traces)
    trained = sum(one.train_seconds for one in observation.traces)
    facts = [
        ("metric", observation.metric_reason),
        ("measured on", f"{evaluation.rows} rows ({evaluation.origin}); {observation.split.sentence}"),
        ("model", f"{len(trace.layers)} layers, {trace.parameters:,} parameters, {trace.framework} on {trace.backend}"),
        ("training", f"{trace.loss}, {trace.optimiser}, batch {trace.batch_size}, {trace.updates} updates"),
        ("watching cost", f"{spent / trained:.1%} of the training time" if trained else "not measured"),
        ("versions", ", ".join(f"{name} {version}" for name, version in sorted(trace.versions.items()))),
        *([("search", searched)] if searched else []),
    ]
    return Facts("What was measured, and how.", tuple(facts))


def warnings(observation: Observation) -> list[str]:
    """What the user should know before believing the numbers; each sentence once."""
    found = [warning for trace in observation.traces for warning in trace.warnings]
    crash = observation.traces[0].crash
    if crash is not None:
        does = "crashes" if crash.crashed else "trains nothing"
        found.insert(0, f"The program {does}; what is said of its training is of the program {crash.change}.")
    return list(dict.fromkeys([*found, *_unwinnable(observation), *observation.split.warnings]))


def _unwinnable(observation: Observation) -> list[str]:
    """A metric by which nothing can be shown, because a constant answer is perfect."""
    metric = observation.evidence.metric
    if metric.perfect is None or observation.evidence.trivial("search") != metric.perfect:
        return []
    return [
        f"Always answering {metric.trivial.value} is perfect on the evaluation rows ({metric.name} {metric.perfect:g})"
        ", because they all have one label: no patch can be shown to help. Evaluate on rows of every class."
    ]


def _thinned(values: Sequence[float]) -> Sequence[float]:
    step = max(1, math.ceil(len(values) / CURVE_POINTS))
    return values[::step]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
