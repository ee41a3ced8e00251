"""What to say when the user's program cannot be observed: one clear sentence for each way that can end."""

from __future__ import annotations

import math

from netmend.core.errors import EnvironmentFault, NetmendError, SubjectError, UsageError
from netmend.repairs.program.operators._crash import lacks_gpu
from netmend.training.metrics._base import Metric
from netmend.training.row_split import EXPOSE_ROWS
from netmend.training.runs import RunResult
from netmend.training.trace import RunEnd, Trace

_HINTS = {
    RunEnd.CRASHED: "run it yourself first; no single change that netmend knows makes it train",
    RunEnd.TIMED_OUT: "give it longer with --timeout, or let it train on less data",
    RunEnd.OUT_OF_MEMORY: "give it more with --memory, or let it take less: a smaller batch, less data",
    RunEnd.TOO_MUCH_OUTPUT: "let it print and write less: netmend needs nothing of it",
    RunEnd.KILLED: "run it yourself first; such a signal comes from a library, from the system or from outside",
    RunEnd.NO_RESULT: "netmend needs a script that trains one model and then runs to its end",
    RunEnd.NOT_STARTED: "check the interpreter given with --python",
}

_BEFORE_DETAIL = {
    RunEnd.CRASHED: "crashed: ",
    RunEnd.OUT_OF_MEMORY: "ran out of memory: ",
    RunEnd.NO_RESULT: "gave no result: it ",
}
"""What makes a sentence of "the program" and the detail of an end; the other details begin with a verb."""

_EXPOSE = {
    "keras": "pass validation_data or validation_split to fit, or call evaluate on rows that are not trained on",
    "torch": "run the model in eval mode on a test loader, or on inputs and labels held in variables such as x_test "
    "and y_test",
}
"""How a program of each framework shows the rows it is to be measured by."""

ARGUMENTS_WRONG = 2
"""Exit status of `argparse` and of its relatives if the arguments of a script are wrong."""


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
            where=f"what it printed: {result.log}",
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
            hint=_EXPOSE.get(trace.framework, EXPOSE_ROWS),
        )


def require_evaluation(result: RunResult) -> None:
    """Predictions on evaluation rows were made.

    Raises:
        SubjectError: they were not, although rows were withheld for them.
    """
    trace = trained(result)
    if trace.evaluation is None:
        raise SubjectError(
            "no metric can be measured, not even on withheld training rows",
            where=trace.no_evaluation,
            hint=_EXPOSE.get(trace.framework, EXPOSE_ROWS),
        )


def require_reachable(metric: Metric, goal: float | None) -> None:
    """A goal is one that some program could reach.

    Raises:
        UsageError: it is better than what flawless answers would have, or no number.
    """
    if goal is None or (metric.perfect is None and math.isfinite(goal)):
        return
    if not math.isfinite(goal) or metric.gain(metric.perfect or 0.0, goal) > 0:
        raise UsageError(
            f"the goal {goal:g} cannot be reached: {metric.name} of flawless answers is {metric.perfect:g}",
            hint="write shares as fractions: --goal 0.95, not 95" if goal > 1 else "name another with --goal",
        )


def _refusal(result: RunResult) -> NetmendError:
    if result.missing:
        return EnvironmentFault(
            f"the program needs a package that is not installed: {result.missing}",
            where=result.detail,
            hint="install it for the interpreter that runs the program, or name another interpreter with --python",
        )
    if result.end is RunEnd.CRASHED and lacks_gpu(result.detail):
        return EnvironmentFault(
            "the program asks for a GPU that PyTorch cannot use here",
            where=result.detail,
            hint='run netmend where there is one, or let the program choose: device = torch.device("cuda" if '
            'torch.cuda.is_available() else "cpu"), and .to(device) for .cuda()',
        )
    kind = EnvironmentFault if result.end is RunEnd.NOT_STARTED else SubjectError
    hint = _HINTS[result.end]
    if result.end is RunEnd.CRASHED and "waits for input" in result.detail:
        hint = "let it take what it asks for as an argument, given after --"
    elif result.end is RunEnd.CRASHED and result.exit_code == ARGUMENTS_WRONG:
        hint = "give the program its own arguments after --: netmend repair train.py -- --data digits.csv"
    what = f"the program {_BEFORE_DETAIL.get(result.end, '')}{result.detail}"
    return kind(what, where=f"what it printed: {result.log}", hint=hint)
