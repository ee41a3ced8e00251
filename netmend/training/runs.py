"""One run of a training program as a value: what is asked for, and what comes back.

An executor (`netmend.training.executors`) turns a `RunRequest` into a `RunResult`; every executor keeps the same
contract, and the same request gives the same losses under each.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from netmend.training.trace import RunEnd, Trace


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use.

    Attributes:
        seconds: wall clock, monotonic. memory: bytes of resident memory of the whole process tree.
        output: bytes of standard output and error kept and allowed; file_size: bytes of any one file it writes.
    """

    seconds: float = 600.0
    memory: int = 8 * 2**30
    output: int = 50 * 2**20
    file_size: int = 2 * 2**30


@dataclass(frozen=True, slots=True)
class Variant:
    """A patched version of a script that is only to be built; see `netmend.training.probes.variants`.

    Attributes:
        files: folder with the changed files, as they lie in the program's folder.
        first: number of the first top-level statement that it does not share with the script.
        again: definitions before that to be executed again as the variant has them.
    """

    files: Path
    first: int
    again: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """One of many trainings of a program's net that are made together; see `netmend.training.lanes`.

    Attributes:
        seed: of initial weights, order of rows and dropout.
        numbers: of the optimiser, by the names Keras gives them ("learning_rate", "beta_1", ...), where they are to be
            other than the program's; every lane of a request names the same.
    """

    seed: int
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One seeded run of a program in a private copy of its folder.

    Attributes:
        folder: the private copy, already patched; the run may write there.
        script: path of the script relative to `folder`; a notebook has been exported to a script.
        arguments: the script's own command line.
        python: interpreter to run it with.
        seed: Python, NumPy and framework are seeded with it before the script starts.
        detail: "score" (losses and predictions), "full" (also layer statistics) or "build" (ends at the first update).
        hold_out: share of training rows withheld for evaluation, 0 for none.
        result: folder for channel, predictions and log; made by the executor.
        checkpoint_out: the probe saves weights and optimiser state there after training; None for no checkpoint.
        checkpoint_in: continue from it instead of the initial weights; `initial_epoch` epochs are taken as done.
        weights_in: checkpoint of another program whose weights the training starts from where name and shape fit.
        override_seeds: the run's seed is added to seeds the script sets itself; else such runs are all the same.
        environment: variables to set, beside the ones every run gets (threads, hash seed, Agg, ...).
        nonce: tells this run's events from those of any other; kept, the trace can be read again later.
        variants: with `detail` "build", what to build instead of running the script; the n-th tells in folder n of
            `result` what it did, each within `variant_seconds`.
        lanes: trainings to be made together in place of the program's own.
    """

    folder: Path
    script: str
    seed: int
    result: Path
    python: str = ""
    arguments: tuple[str, ...] = ()
    detail: str = "score"
    hold_out: float = 0.0
    checkpoint_out: Path | None = None
    checkpoint_in: Path | None = None
    initial_epoch: int = 0
    weights_in: Path | None = None
    override_seeds: bool = True
    environment: dict[str, str] = field(default_factory=dict)
    limits: Limits = Limits()
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))
    variants: tuple[Variant, ...] = ()
    variant_seconds: float = 60.0
    lanes: tuple[Lane, ...] = ()


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came back.

    Attributes:
        detail: one sentence: exception class, message and the user's file and line; the signal; the limit.
        seconds: start of the script to its end, by the monotonic clock. cpu_seconds: of the whole process tree.
        overhead_seconds: request to result, less `seconds`.
        trace: None if nothing was trained or the channel was damaged.
        log: head and tail of what the program printed.
        missing: the package the interpreter lacks, if that is why the program crashed; else "".
        setup_seconds: of `seconds`, those before the first model trained; nan if none did.
    """

    end: RunEnd
    detail: str
    seconds: float
    cpu_seconds: float
    overhead_seconds: float
    exit_code: int | None
    log: Path
    trace: Trace | None = None
    missing: str = ""
    setup_seconds: float = math.nan

    @property
    def wall_seconds(self) -> float:
        """Request to result, by the monotonic clock."""
        return self.seconds + self.overhead_seconds

    @property
    def ok(self) -> bool:
        """The program ran to its end, trained, and its predictions could be measured."""
        return self.end is RunEnd.FINISHED and self.trace is not None and self.trace.evaluation is not None


class Executor(Protocol):
    """Anything that can run a request. Thread-safe: `run` may be called from several threads at once."""

    @property
    def name(self) -> str:
        """Either `fresh` or `fork`; shown in the report."""

    def run(self, request: RunRequest) -> RunResult:
        """Run to an end; an expected failure is a result, never an exception.

        Raises:
            EnvironmentFault: the interpreter cannot be started at all, or the disk is full.
        """

    def close(self) -> None:
        """Stop everything that still runs; idempotent."""
