"""A program that crashes before it trains, or ends without having trained: the one change with which it trains.

Whether a changed program comes to its first update is asked for all single changes at once (`netmend.training.build`),
which takes a few hundredths of a second each. Of those that do, the likeliest are trained once, and the one with
the fewest and mildest findings stands in for the program while it is watched.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.edits import SourcePatch
from netmend.program.elements._base import Element
from netmend.program.elements._find import find_all, values_of
from netmend.program.lint._run import run as lint
from netmend.program.reading.outdated import has_moved
from netmend.program.source import Program
from netmend.repairs.program.infill._prior import Prior
from netmend.repairs.program.localise import localise
from netmend.repairs.program.measure import Measurer, Settings
from netmend.repairs.program.operators._crash import asked_of_embedding, label_too_great, lacks_gpu, lone_row, outdated
from netmend.repairs.program.operators._suggest import suggestions
from netmend.repairs.program.refusals import trained
from netmend.repairs.program.space import Space
from netmend.training.build import Builds
from netmend.training.runs import RunResult
from netmend.training.symptoms._run import run as symptoms
from netmend.training.trace import Crash, RunEnd, Trace

KINDS = {
    "activation": ("output",),
    "flattening": (),
    "frozen-weights": (),
    "label-form": (),
    "layer": ("hidden", "output"),
    "loss": (),
    "loss-reduction": (),
    "loss-target": (),
}
"""Kinds whose values decide whether a program builds, and the roles in which they do; () is any. Rates, sizes of
batches, initialisers and the like do not."""

BY_THE_ERROR: Mapping[str, tuple[str, ...]] = {
    "batch-size": (),
    "input-width": (),
    "outdated-names": (),
    "tensor-type": (),
    "training-step": (),
    "units": ("output",),
    "vocabulary-size": (),
}
"""The same, of kinds of which only what operators read in the error is tried: numbers without end would build, too."""

MEANT = frozenset({"activation", "layer", "loss"})
"""Kinds by which the program says what it computes: they change only where no other change lets it train."""

TRAINED = 6
"""Changes that build and are trained to see what they are worth; own choice."""


GROWN = 12
"""Times that an embedding gets rows for a number that came later in the data. Greatest numbers so far grow as rarely as
the logarithm of the number of batches; own choice."""


def may_be_revived(run: RunResult, program: Program) -> bool:
    """It crashed before its first update, or later of what may come late, for no lack of a package, GPU or argument.

    Or it trained nothing that could be measured, or crashed at whatever update, and its training step says why.
    """
    finished = run.end is RunEnd.FINISHED
    told = not run.ok and any(each.kind == "training-step" for each in find_all(program, crashed=finished))
    if finished:
        return told
    ended_itself = run.detail.startswith(("ended itself", "waits for input"))
    late = any(of(run.detail) for of in (label_too_great, lone_row, outdated, asked_of_embedding))
    early = math.isnan(run.setup_seconds) or late or told
    lacks = (run.missing and not has_moved(run.missing)) or lacks_gpu(run.detail)
    return run.end is RunEnd.CRASHED and not lacks and not ended_itself and early


def revive(
    measurer: Measurer, prior: Prior | None, crashed: RunResult, seed: int, ways: Sequence[Settings]
) -> tuple[SourcePatch, Crash]:
    """The single change with which a program trains, and what the program dies of without it.

    What a static rule suggests comes first, then what leaves alone what the program computes, then what trains with the
    fewest and mildest findings.

    Args:
        prior: what a model of correct programs says of it, which orders what is tried.
        crashed: a run of the program as it is. ways: to make a run; the first in which it can be measured is taken.

    Raises:
        SubjectError: there is none.
    """
    program = measurer.subject.program
    elements = find_all(program, crashed=True)
    space = Space(program, elements)
    suspicions = localise(elements, lint(elements), (), {})[1]
    advised = {(each.element.id, idea.value) for each in suspicions for idea in each.ideas}
    changes: dict[str, tuple[SourcePatch, Element, Value, bool]] = {}
    # Where it crashed in a later update, or did not crash, any change would build.
    early = crashed.end is RunEnd.CRASHED and math.isnan(crashed.setup_seconds)
    others = _changes(elements) if early else ()
    for element, value in (*_by_the_error(elements, crashed.detail), *others):
        with contextlib.suppress(Unchangeable):
            patch = space.patch({element.id: value})
            changes.setdefault(patch.id, (patch, element, value, (element.id, value) not in advised))
    answers = measurer.builds([patch for patch, *_ in changes.values()])
    built = [change for identity, change in changes.items() if answers[identity].builds is not Builds.NO]
    built.sort(key=lambda change: -_likely(prior, *change[1:3]))
    built.sort(key=lambda change: (change[3], change[1].kind in MEANT, change[1].kind not in BY_THE_ERROR))
    best: tuple[tuple[bool, bool, float], tuple[SourcePatch, Crash]] | None = None
    for patch, element, value, unadvised in built[:TRAINED]:
        trace, died = _measured(measurer, patch, seed, ways)
        for _ in range(GROWN if element.kind == "vocabulary-size" else 0):
            more = _once_more(element, value, None, died) if trace is None else None
            if more is None:
                break
            patch, value = space.patch({element.id: more}), more
            trace, died = _measured(measurer, patch, seed, ways)
        asked = trace is not None and element.kind == "units"
        classes = _once_more(element, value, trace, crashed.detail) if asked else None
        if classes is not None:
            patch, value = space.patch({element.id: classes}), classes
            trace, _ = _measured(measurer, patch, seed, ways)
        if trace is not None:
            severe = [reading.severity for _, reading in symptoms(trace)]
            severe += [hit.severity for _, hit in lint(find_all(patch.patched_program()))]
            where = element.kind, element.role, element.layer
            crash = Crash(crashed.detail, *where, value, element.owner, element.value)
            worth = (unadvised, element.kind in MEANT, sum(severe))
            if best is None or worth < best[0]:
                best = worth, (patch, crash)
                if not severe:
                    break
    if best is None:
        trained(crashed)
        raise AssertionError("a crashed run trains nothing")
    return best[1]


def _measured(measurer: Measurer, patch: SourcePatch, seed: int, ways: Iterable[Settings]) -> tuple[Trace | None, str]:
    """What a run shows, None if it cannot be measured; and how it ended."""
    detail = ""
    for how in ways:
        run = measurer.run(patch, seed, how)
        detail = run.detail
        if run.ok or run.trace is None:
            return run.trace, detail
    return None, detail


def _changes(elements: Iterable[Element]) -> Iterator[tuple[Element, Value]]:
    for element in elements:
        roles = KINDS.get(element.kind)
        if roles is not None and (not roles or element.role in roles):
            for value in values_of(element):
                yield element, value


def _by_the_error(elements: tuple[Element, ...], detail: str) -> Iterator[tuple[Element, Value]]:
    """What operators suggest when they know nothing of a run but the error that ended it."""
    for element in elements:
        roles = BY_THE_ERROR.get(element.kind)
        if roles is not None and (not roles or element.role in roles):
            died = Trace(element.framework, element.framework, 0, crash=Crash(detail))
            yield from ((element, suggestion.value) for _, suggestion in suggestions(element, elements, died))


def _once_more(element: Element, value: Value, trace: Trace | None, detail: str) -> Value:
    """What the operators suggest beside a value that was tried: so many classes, or rows for a number that came later.

    Args:
        trace: of a run with that value, if it could be measured. detail: the error.
    """
    seen = Trace(element.framework, element.framework, 0) if trace is None else trace
    found = suggestions(replace(element, value=value), (), replace(seen, crash=Crash(detail)))
    return found[0][1].value if found else None


def _likely(prior: Prior | None, element: Element, value: Value) -> float:
    """How much likelier a value is than what stands there, as a logarithm; where no model can say, as likely."""
    gain = None if prior is None else prior.gain(element, value)
    return 0.0 if gain is None or not math.isfinite(gain) else gain
