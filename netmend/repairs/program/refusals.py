"""What to say when the user's program cannot be observed: one clear sentence for each way that can end."""

from __future__ import annotations

from netmend.core.errors import EnvironmentFault, NetmendError, SubjectError
from netmend.training.row_split import EXPOSE_ROWS
from netmend.training.runs import RunResult
from netmend.training.trace import RunEnd, Trace

_HINTS = {
    RunEnd.CRASHED: "run it yourself first; netmend repairs programs that train badly, not programs that crash",
    RunEnd.TIMED_OUT: "give it longer with --timeout, or let it train on less data",
    RunEnd.OUT_OF_MEMORY: "give it more with --memory, or a smaller batch",
    RunEnd.TOO_MUCH_OUTPUT: "let it print less: nothing it prints is needed",
    RunEnd.KILLED: "something outside stopped it; see the log",
    RunEnd.NO_RESULT: "netmend needs a script that trains one model when it is run",
    RunEnd.NOT_STARTED: "check the interpreter given with --python",
}


def trained(result: RunResult) -> Trace:
    """The trace of a run that trained something to its end.

    Raises:
        SubjectError: it did not; the message says how it ended, and what to do.
        EnvironmentFault: a package is missing, or the interpreter does not start.
    """
    if result.end is not RunEnd.FINISHED:
        raise _refusal(result)
    if result.trace is None:
        raise SubjectError(
            "the program ran to its end, but no training was seen",
            where=f"log: {result.log}",
            hint="netmend watches Keras 3 (fit, train_on_batch) and PyTorch loops (backward, optimizer.step)",
        )
    return result.trace


def require_hold_out(result: RunResult) -> None:
    """A program without evaluation data can be measured if rows can be withheld from its training data.

    Raises:
        SubjectError: they cannot.
    """
    trace = trained(result)
    if not trace.can_hold_out:
        raise SubjectError(
            "no metric can be measured: " + (trace.no_evaluation or "the program shows no evaluation data"),
            hint=EXPOSE_ROWS,
        )


def require_evaluation(result: RunResult) -> None:
    """Predictions on evaluation rows were made.

    Raises:
        SubjectError: they were not, although rows were withheld for them.
    """
    if trained(result).evaluation is None:
        raise SubjectError("no metric can be measured, not even on withheld training rows", hint=EXPOSE_ROWS)


def _refusal(result: RunResult) -> NetmendError:
    missing = result.detail.startswith(("ModuleNotFoundError", "ImportError"))
    if missing:
        return EnvironmentFault(
            f"the program needs a package that is not installed: {result.detail}",
            hint="install it for the interpreter that runs the program, or name another one with --python",
        )
    kind = EnvironmentFault if result.end is RunEnd.NOT_STARTED else SubjectError
    hint = _HINTS[result.end]
    if "EOFError" in result.detail:
        hint = "the program waits for input, and gets none here: let it take arguments instead, given after --"
    elif result.exit_code == 2 and result.end is not RunEnd.TIMED_OUT:
        hint = "if it needs arguments, give them after --"
    said = result.detail if result.detail.startswith(result.end.value) else f"{result.end.value}: {result.detail}"
    return kind(
        f"the program cannot be watched; it {_verb(result.end)} ({said})", where=f"log: {result.log}", hint=hint
    )


def _verb(end: RunEnd) -> str:
    return {
        RunEnd.CRASHED: "crashed",
        RunEnd.TIMED_OUT: "did not finish in time",
        RunEnd.OUT_OF_MEMORY: "used too much memory",
        RunEnd.TOO_MUCH_OUTPUT: "printed too much",
        RunEnd.KILLED: "was killed",
        RunEnd.NO_RESULT: "ended without training anything",
        RunEnd.NOT_STARTED: "could not be started",
    }[end]
