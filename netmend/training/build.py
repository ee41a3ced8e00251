"""Whether patched variants of a program build: found out for many at once, without training any.

A variant builds if it reaches its first update: its layers fit each other, and its output fits loss, metrics and
labels. What its statements share with the original (usually imports and the loading of data) is executed once, and each
variant goes on from there in a fork, under limits of its own and in its own copy of the folder
(`netmend.training.probes.variants`, `first_update`).

This is a gate and never a measurement. Variants share their data and their seed, nothing is trained, and the answer is
about one batch; so no score, time or seed of it may be compared with those of a run. Seeds do not matter for what it
asks. Where nothing can be said the answer is "unknown", never "no": a gate that errs would hide a repair.
"""

from __future__ import annotations

import ast
import itertools
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from netmend.program.source import Program, SourceFile
from netmend.training import channel
from netmend.training.executors.ending import Ending, ending
from netmend.training.executors.fork import can_fork
from netmend.training.runs import Executor, RunRequest, RunResult, Variant
from netmend.training.trace import RunEnd

MAIN = "__name__ == '__main__'"

DYNAMIC = {"globals", "locals", "vars", "eval", "exec"}
"""By these a statement may use a name that it does not mention."""

SPARE = 15.0
"""Seconds beyond its limit that a variant may take until its guard has ended it; see `netmend.training.guard`."""


class Builds(StrEnum):
    """What is known of a variant."""

    YES = "built"
    NO = "does not build"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class BuildAnswer:
    """What is known of one variant.

    Attributes:
        detail: why it does not build, as `RunResult.detail`, or why that is unknown; "" if it was built.
        seconds: what asking cost: its own time and its part of the time of all that were asked with it.
        own_seconds: of these, after what it shares with the others.
        log: what it printed; None if it did not come that far.
    """

    builds: Builds
    detail: str = ""
    seconds: float = 0.0
    own_seconds: float = 0.0
    log: Path | None = None


def check(executor: Executor, request: RunRequest, program: Program, variants: Sequence[Program]) -> list[BuildAnswer]:
    """Find out which variants of a program build.

    Args:
        request: as for a run of the unpatched program, in a private copy of its folder; `limits` hold for what is
            shared, `variant_seconds` for what each variant does itself. Beside the copy lies what is needed for this.
        program: unpatched. variants: patched.

    Returns:
        An answer for each variant, in their order.

    Raises:
        EnvironmentFault, UsageError: as `Executor.run`.
    """
    unknown = BuildAnswer(Builds.UNKNOWN, "forking is not known to work on this system")
    if not can_fork():
        return [unknown] * len(variants)
    waiting = {number: _variant(request, program, patched, number) for number, patched in enumerate(variants)}
    answers = dict.fromkeys(waiting, unknown)
    untouched = request.folder.with_name(f"{request.folder.name}-untouched")
    shutil.copytree(request.folder, untouched, symlinks=True)
    for attempt in itertools.count():
        result, events = _run(executor, request, list(waiting.values()), attempt)
        found = dict(zip(waiting, _answers(request, len(waiting), result, events), strict=True))
        most = next((int(event["statements"]) for event in events if event["event"] == "unshareable"), -1)
        later = [number for number, answer in found.items() if answer.log is None and most >= 0]
        for number, answer in found.items():
            answers[number] = replace(answer, seconds=answers[number].seconds + answer.seconds)
        if not later:
            break
        # What cannot be forked after a statement can be before it: share that much less.
        waiting = {number: _sharing(waiting[number], most) for number in later}
        shutil.rmtree(request.folder)
        shutil.copytree(untouched, request.folder, symlinks=True)
    return list(answers.values())


def _run(
    executor: Executor, request: RunRequest, variants: Sequence[Variant], attempt: int
) -> tuple[RunResult, tuple[channel.Event, ...]]:
    """One process for all of them; what came of it, and what it told."""
    seconds = request.limits.seconds + len(variants) * (request.variant_seconds + SPARE)
    asked = replace(
        request,
        detail="build",
        limits=replace(request.limits, seconds=seconds),
        variants=tuple(variants),
        result=request.result / str(attempt),
    )
    result = executor.run(asked)
    return result, channel.events(asked.result, asked.nonce).events


def _sharing(variant: Variant, most: int) -> Variant:
    """The same variant, sharing at most so many statements."""
    return replace(variant, first=min(variant.first, most), again=tuple(n for n in variant.again if n < most))


def _variant(request: RunRequest, program: Program, patched: Program, number: int) -> Variant:
    """Write the changed files where the fork will find them, and compare the statements."""
    files = request.folder.with_name(f"{request.folder.name}-{number}")
    files.mkdir()
    changed = [new for old, new in zip(program.files, patched.files, strict=True) if old.raw != new.raw]
    for file in changed:
        (files / file.name).parent.mkdir(parents=True, exist_ok=True)
        (files / file.name).write_bytes(file.raw)
    if program.main.name != request.script:  # a notebook runs as a script
        (files / request.script).write_text(patched.main.text, encoding="utf-8")
    others = [file.name for file in changed if file.name != program.main.name]
    return Variant(files, *shared(program, patched, _concerned(program, others)))


def _answers(request: RunRequest, count: int, result: RunResult, events: Sequence[channel.Event]) -> list[BuildAnswer]:
    """What one process found out about its variants, of which it may not have come to all."""
    said = {str(event["event"]): event for event in events}
    outcomes = {int(event["number"]): event["outcome"] for event in events if event["event"] == "variant"}
    own = {number: float(outcome["wall_seconds"]) for number, outcome in outcomes.items() if outcome}
    spent = result.seconds + result.overhead_seconds - sum(own.values())
    limits = replace(request.limits, seconds=request.variant_seconds)
    answers = []
    for number in range(count):
        place, outcome = result.log.parent / str(number), outcomes.get(number)
        if outcome is not None:
            heard = channel.events(place, request.nonce)
            answer = _answer(heard, ending(outcome, heard, limits, place / "log.txt"))
        elif "built" in said:
            answer = BuildAnswer(Builds.YES)
        else:
            reason = str(said["unshareable"]["reason"]) if "unshareable" in said else result.detail
            answer = BuildAnswer(Builds.UNKNOWN, f"what it shares with the program: {reason}")
        log = place / "log.txt" if outcome is not None else None
        seconds = own.get(number, 0.0)
        answers.append(replace(answer, seconds=seconds + spent / count, own_seconds=seconds, log=log))
    return answers


def _answer(events: channel.Channel, how: Ending) -> BuildAnswer:
    """Only an exception, or an exit that the program chose itself, tells that it does not build."""
    last = events.events[-1] if events.events else {}
    if last.get("event") == "built":
        return BuildAnswer(Builds.YES)
    if last.get("event") == "end" and how.end is RunEnd.CRASHED:
        return BuildAnswer(Builds.NO, how.detail)
    detail = "it ran to its end without an update" if how.end is RunEnd.FINISHED else how.detail
    return BuildAnswer(Builds.UNKNOWN, detail)


# --- what variants share --------------------------------------------------------------------------------------------


def shared(program: Program, patched: Program, concerned: frozenset[str] = frozenset()) -> tuple[int, tuple[int, ...]]:
    """How much of a script a patched one can leave to it.

    Args:
        concerned: modules of the program's own that differ, or import one that does.

    Returns:
        The number of the first top-level statement that cannot be shared, and the numbers of the definitions before it
        that differ: nothing in between mentions them, so that they may as well be made afterwards.
    """
    old, new = list(_statements(program.main)), list(_statements(patched.main))
    late: set[str] = set()
    again: list[int] = []
    for number, (one, other) in enumerate(zip(old, new, strict=False)):
        touched = bool(concerned & _modules(one)) or ast.dump(one) != ast.dump(other)
        mentioned = _mentioned(one)
        if not touched and not late & mentioned and not (late and DYNAMIC & mentioned):
            continue
        if not (_only_defines(one) and _only_defines(other)) or one.name != other.name:  # type: ignore[attr-defined]
            return number, tuple(again)
        again.append(number)
        late = _users({one.name}, old[: number + 1]) | late  # type: ignore[attr-defined]
    return min(len(old), len(new)), tuple(again)


def _statements(file: SourceFile) -> Iterator[ast.stmt]:
    """Top-level statements as `netmend.training.probes.variants` counts them."""
    for statement in file.tree.body:
        if isinstance(statement, ast.If) and not statement.orelse and ast.unparse(statement.test) == MAIN:
            yield from statement.body
        else:
            yield statement


def _only_defines(statement: ast.stmt) -> bool:
    """A function or class whose definition does nothing but bind its name."""
    if isinstance(statement, ast.FunctionDef):
        defaults = [*statement.args.defaults, *filter(None, statement.args.kw_defaults)]
        return not statement.decorator_list and all(isinstance(default, ast.Constant) for default in defaults)
    if not isinstance(statement, ast.ClassDef) or statement.decorator_list or statement.keywords:
        return False
    documented = [item for item in statement.body if not (isinstance(item, ast.Expr | ast.Pass))]
    plain = all(isinstance(base, ast.Name | ast.Attribute) for base in statement.bases)
    return plain and all(isinstance(item, ast.FunctionDef) and _only_defines(item) for item in documented)


def _mentioned(statement: ast.stmt) -> set[str]:
    """Names that a statement reads or binds, at any depth."""
    return _bound(statement) | {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _bound(statement: ast.stmt) -> set[str]:
    """Names that a statement binds, at any depth."""
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
    return found


def _users(names: set[str], statements: Sequence[ast.stmt]) -> set[str]:
    """Names, and whatever else is bound by a statement that mentions one of them."""
    while True:
        more = set().union(*(_bound(statement) for statement in statements if names & _mentioned(statement)))
        if more <= names:
            return names
        names |= more


def _modules(node: ast.AST) -> set[str]:
    """Parts of the names of everything imported in a piece of text."""
    found: set[str] = set()
    for item in ast.walk(node):
        if isinstance(item, ast.Import):
            found.update(part for alias in item.names for part in alias.name.split("."))
        elif isinstance(item, ast.ImportFrom):
            found.update((item.module or "").split("."), (alias.name for alias in item.names))
    return found


def _concerned(program: Program, changed: Sequence[str]) -> frozenset[str]:
    """Modules whose file is changed, or which import one that is: too many rather than too few."""
    concerned = {_module(name) for name in changed}
    while True:
        more = {_module(file.name) for file in program.files[1:] if concerned & _modules(file.tree)}
        if more <= concerned:
            return frozenset(concerned)
        concerned |= more


def _module(name: str) -> str:
    path = Path(name)
    return path.parent.name if path.stem == "__init__" else path.stem
