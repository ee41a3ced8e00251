"""Running a patched training program: private copies, seeds, effort, and a journal that never pays a run twice."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path

from netmend.core.budget import Meter
from netmend.core.errors import EnvironmentFault, Unchangeable
from netmend.core.ledger import Ledger
from netmend.program.edits import Change, SourcePatch
from netmend.program.elements._find import change, find_all
from netmend.program.source import Program
from netmend.program.write import replace_file
from netmend.training import channel
from netmend.training.build import BuildAnswer, Builds, check
from netmend.training.lanes import Trained, Unsuitable, train_lanes
from netmend.training.runs import Executor, Lane, RunRequest, RunResult
from netmend.training.subject import TrainingProgram
from netmend.training.trace import RunEnd
from netmend.training.workspace import private_copy

COPIES = "netmend-"
"""Beginning of the names of folders for private copies, among the temporary files."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one run is made, beside patch and seed.

    Attributes:
        effort: share of the epochs. detail: "score" or "full". hold_out: share of training rows withheld.
        keep_checkpoint: save weights and optimiser state after training.
        continue_from: result folder of a run whose checkpoint to go on from, after `done_epochs` epochs.
        start_from: result folder of a run of another patch whose trained weights to start from.
        seconds: limit of this run, if it is to be shorter than the user's.
    """

    effort: float = 1.0
    detail: str = "score"
    hold_out: float = 0.0
    keep_checkpoint: bool = False
    continue_from: Path | None = None
    done_epochs: int = 0
    start_from: Path | None = None
    seconds: float = math.inf


@dataclass
class Measurer:
    """Makes runs of one subject, at most `lanes` at a time.

    Attributes:
        folder: the study's folder; results of runs are kept there, working copies are not.
        seconds_of: what a run counts for, against the budget and as its unit.
        noticed: called after each run, from any thread.
    """

    subject: TrainingProgram
    executor: Executor
    ledger: Ledger
    meter: Meter
    folder: Path
    lanes: int = 2
    seconds_of: Callable[[RunResult], float] = attrgetter("wall_seconds")
    noticed: Callable[[RunResult], None] = lambda result: None
    _known: dict[str, RunResult] = field(default_factory=dict)
    _built: dict[str, BuildAnswer] = field(default_factory=dict)
    _building: threading.Lock = field(default_factory=threading.Lock)
    _counted: set[str] = field(default_factory=set)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _closed: bool = False

    def __post_init__(self) -> None:
        self.folder = self.folder.absolute()
        self._pool = ThreadPoolExecutor(self.lanes, thread_name_prefix="run")
        for record in self.ledger.of_kind("copies"):
            _remove_copies(Path(record.data["folder"]))  # left by a session that was killed
        # Copies are made outside the study, which may lie in the program's own folder.
        self._home = Path(tempfile.mkdtemp(prefix=COPIES))
        self.ledger.append("copies", {"folder": str(self._home)})
        for record in self.ledger.of_kind("run"):
            result = _remembered(record.data, self.folder)
            if result is not None:
                self._known[record.data["key"]] = result
        for record in self.ledger.of_kind("build"):
            self._built[record.data["patch"]] = _remembered_build(record.data, self.folder)

    def close(self) -> None:
        """Stop what still runs and forget what waits; neither is written down."""
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.executor.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def runs(self, patch: SourcePatch, seeds: Sequence[int], settings: Sequence[Settings]) -> list[RunResult]:
        """One run per seed, side by side, in the order of the seeds."""
        waiting = [self._pool.submit(self.run, patch, seed, how) for seed, how in zip(seeds, settings, strict=True)]
        return [future.result() for future in waiting]

    def run(self, patch: SourcePatch, seed: int, settings: Settings) -> RunResult:
        """One run; answered from the journal if it was made before."""
        key = _key(patch, seed, settings)
        with self._guard:
            known = self._known.get(key)
        if known is None:
            known = self._run(patch, seed, settings, key)
        with self._guard:
            self._known[key] = known
            again = key in self._counted
            self._counted.add(key)
            if not again:  # a run of an earlier session counts as if it were made now: resuming repeats the search
                self.meter.ran(self.seconds_of(known))
        if not again:
            self.noticed(known)
        return known

    def builds(
        self, patches: Iterable[SourcePatch], *, seconds: float = 60.0, charge: bool = False
    ) -> dict[str, BuildAnswer]:
        """Whether patches build, asked for all of them at once; those asked before are answered from the journal.

        The more are asked together, the less each costs (`netmend.training.build`). Thread-safe; of calls at the same
        time one is made after the other, so that none asks what another is about to find out.

        Args:
            seconds: limit for what one patch does before its first update, beside what it shares with the program.
            charge: count the time against the budget. The loop does that itself while a proposer is asked.

        Returns:
            An answer for the id of each patch.
        """
        asked = {patch.id: patch for patch in patches}
        with self._building:
            new = [patch for patch in asked.values() if patch.id not in self._built]
            if new:
                for patch, answer in zip(new, self._build(new, seconds), strict=True):
                    self.ledger.append("build", _build_record(patch, answer, self.folder))
                    self._built[patch.id] = answer
        if charge:
            with self._guard:
                self.meter.proposed(sum(self._built[identity].seconds for identity in asked))
        return {identity: self._built[identity] for identity in asked}

    def _build(self, patches: Sequence[SourcePatch], seconds: float) -> list[BuildAnswer]:
        name = f"build-{hashlib.sha256(''.join(patch.id for patch in patches).encode()).hexdigest()[:16]}"
        nothing = SourcePatch(self.subject.program)
        request = replace(self._request(name, 0), result=self.folder / "builds" / name, variant_seconds=seconds)
        try:
            private_copy(self.subject.program.folder, request.folder, leave_out=(self.folder,))
            request = replace(request, script=self._prepare(nothing, 1.0, request.folder))
            shutil.rmtree(request.result, ignore_errors=True)
            if self._closed:
                raise CancelledError
            patched = [patch.patched_program() for patch in patches]
            answers = check(self.executor, request, self.subject.program, patched)
        except OSError as error:
            if self._closed:  # its files went while it was made
                raise CancelledError from None
            raise EnvironmentFault("cannot ask whether patches build", where=str(error)) from None
        finally:
            for left in [self._home] if self._closed else self._home.glob(f"{name}*"):
                shutil.rmtree(left, ignore_errors=True)
        if self._closed:
            raise CancelledError
        return answers

    def lanes_of(
        self, patch: SourcePatch, lanes: Sequence[Lane], *, hold_out: float, seconds: float
    ) -> Trained | Unsuitable:
        """Train a patched copy in lanes, for screening alone; neither written down nor counted here.

        Args:
            hold_out: share of the training rows withheld. seconds: limit for all lanes together.
        """
        parts = [patch.id, hold_out, *((lane.seed, *sorted(lane.numbers.items())) for lane in lanes)]
        name = f"lanes-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]}"
        request = self._request(name, 0)
        limits = replace(request.limits, seconds=min(request.limits.seconds, seconds))
        try:
            private_copy(self.subject.program.folder, request.folder, leave_out=(self.folder,))
            script = self._prepare(patch, 1.0, request.folder)
            request = replace(request, script=script, hold_out=hold_out, limits=limits)
            return train_lanes(request, patch.patched_program(), lanes)
        finally:
            shutil.rmtree(request.folder, ignore_errors=True)

    def _run(self, patch: SourcePatch, seed: int, settings: Settings, key: str) -> RunResult:
        name = f"{key[:16]}-{seed}"
        request = self._request(name, seed)
        copy, limits = request.folder, request.limits
        request = replace(
            request,
            detail=settings.detail,
            hold_out=settings.hold_out,
            checkpoint_out=request.result / "checkpoint.npz" if settings.keep_checkpoint else None,
            checkpoint_in=settings.continue_from / "checkpoint.npz" if settings.continue_from else None,
            initial_epoch=settings.done_epochs,
            weights_in=settings.start_from / "checkpoint.npz" if settings.start_from else None,
            limits=replace(limits, seconds=min(limits.seconds, settings.seconds)),
        )
        try:
            private_copy(self.subject.program.folder, copy, leave_out=(self.folder,))
            request = replace(request, script=self._prepare(patch, settings.effort, copy))
            shutil.rmtree(request.result, ignore_errors=True)
            if self._closed:
                raise CancelledError
            result = self.executor.run(request)
        finally:
            # After `close` the last run under way has to clear up: it may have made its copy since.
            shutil.rmtree(self._home if self._closed else copy, ignore_errors=True)
        if self._closed:  # it was cut short: to a resumed study it must look as if it had never been made
            raise CancelledError
        if result.end is not RunEnd.NOT_STARTED:
            self.ledger.append("run", _record(key, request, result, self.folder, self.meter.wall_seconds))
        return result

    def _request(self, name: str, seed: int) -> RunRequest:
        """What all runs of the subject have in common; the script is known once the copy is made."""
        return RunRequest(
            folder=self._home / name,
            script="",
            seed=seed,
            result=self.folder / "runs" / name,
            python=self.subject.python,
            arguments=self.subject.arguments,
            environment=dict(self.subject.environment),
            limits=self.subject.limits,
        )

    def _prepare(self, patch: SourcePatch, effort: float, copy: Path) -> str:
        """Put the patch into a private copy; the script to run there.

        Every file of the program is as it was when the study read it, whatever was edited in the user's folder since:
        else runs of different programs would be compared.
        """
        program = patch.patched_program()
        for file in program.files:
            if not (copy / file.name).is_file() or (copy / file.name).read_bytes() != file.raw:
                replace_file(copy / file.name, file.raw)
        if effort < 1:
            shorter = at_effort(program, effort)
            shorter.write(copy)
            program = shorter.patched_program()
        if not program.main.name.endswith(".ipynb"):
            return program.main.name
        script = f"{program.main.name}.py"
        (copy / script).write_text(program.main.text, encoding="utf-8")
        return script


def at_effort(program: Program, effort: float) -> SourcePatch:
    """The change that scales the number of epochs, rounded up; empty if the program has no such element."""
    nothing = SourcePatch(program)
    for element in find_all(program):
        if element.kind == "epochs" and isinstance(element.value, int) and not element.absent:
            fewer = max(1, math.ceil(element.value * effort))
            with contextlib.suppress(Unchangeable):
                edits = change(program, element, fewer)
                step = Change(element.kind, element.place, element.owner, str(element.value), str(fewer), edits)
                return nothing.with_change(step) if edits else nothing
    return nothing


def can_continue(patch: SourcePatch) -> int:
    """How many epochs were done already, if the patch only makes the training longer; 0 if it does anything else."""
    if len(patch.changes) != 1 or patch.changes[0].kind != "epochs":
        return 0
    before, after = patch.changes[0].before, patch.changes[0].after
    return int(before) if before.isdigit() and after.isdigit() and int(after) > int(before) else 0


def _key(patch: SourcePatch, seed: int, settings: Settings) -> str:
    parts = [patch.id, seed, settings.effort, settings.detail, settings.hold_out, settings.done_epochs]
    parts += [settings.start_from.name] if settings.start_from else []
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _record(key: str, request: RunRequest, result: RunResult, folder: Path, wall: float) -> dict[str, object]:
    return {
        "key": key,
        "seed": request.seed,
        "nonce": request.nonce,
        "result": request.result.relative_to(folder).as_posix(),
        "sha256": _sha256(request.result / channel.FILE),
        "end": result.end.value,
        "measured": result.ok,
        "detail": result.detail,
        "seconds": result.seconds,
        "cpu_seconds": result.cpu_seconds,
        "overhead_seconds": result.overhead_seconds,
        "exit_code": result.exit_code,
        "missing": result.missing,
        "setup_seconds": None if math.isnan(result.setup_seconds) else result.setup_seconds,
        "log": result.log.name,
        "wall": wall,
    }


def _remembered(data: dict[str, object], folder: Path) -> RunResult | None:
    """The result of an earlier run; None if it is to be made again.

    That is so if its files are gone or were changed, or if a package was missing, which may have been installed since.
    """
    result = folder / str(data["result"])
    if data["sha256"] != _sha256(result / channel.FILE) or data.get("missing"):
        return None
    exit_code = data["exit_code"]
    found = RunResult(
        end=RunEnd(str(data["end"])),
        detail=str(data["detail"]),
        seconds=float(str(data["seconds"])),
        cpu_seconds=float(str(data["cpu_seconds"])),
        overhead_seconds=float(str(data["overhead_seconds"])),
        exit_code=None if exit_code is None else int(str(exit_code)),
        log=result / str(data["log"]),
        trace=channel.read(result, str(data["nonce"])),
        setup_seconds=math.nan if data.get("setup_seconds") is None else float(str(data["setup_seconds"])),
    )
    return found if found.ok == data["measured"] else None


def _build_record(patch: SourcePatch, answer: BuildAnswer, folder: Path) -> dict[str, object]:
    return {
        "patch": patch.id,
        "builds": answer.builds.value,
        "detail": answer.detail,
        "seconds": answer.seconds,
        "own_seconds": answer.own_seconds,
        "log": None if answer.log is None else answer.log.relative_to(folder).as_posix(),
    }


def _remembered_build(data: dict[str, object], folder: Path) -> BuildAnswer:
    log = data["log"]
    return BuildAnswer(
        builds=Builds(str(data["builds"])),
        detail=str(data["detail"]),
        seconds=float(str(data["seconds"])),
        own_seconds=float(str(data["own_seconds"])),
        log=None if log is None else folder / str(log),
    )


def _remove_copies(folder: Path) -> None:
    """Remove the copies of an earlier session; a journal is not trusted to name anything else."""
    if folder.parent == Path(tempfile.gettempdir()) and folder.name.startswith(COPIES):
        shutil.rmtree(folder, ignore_errors=True)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
