"""The command line: `netmend diagnose`, `repair`, `explain`, `show`, `bench`. One thin file per command."""

from __future__ import annotations

import atexit
import errno
import os
import signal
import sys
import time
import traceback
from types import FrameType
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

import netmend
from netmend.cli import bench, convert, corpus, diagnose, explain, mutate, repair, show, weights
from netmend.core.errors import EnvironmentFault, NetmendError

INTERNAL_ERROR = 70
INTERRUPTED = 130

INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SAME_INTERRUPTION = 0.2
"""Seconds within which a second signal is an echo of the first: a closing terminal and `timeout` both signal a process
and then its group. Nobody presses Ctrl-C twice that fast (own choice)."""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="netmend: mend your net. Finds out why a deep neural network does not learn, and repairs it, with evidence.",
    epilog="Example: netmend repair train.py --goal 0.95",
)
app.command(epilog=diagnose.EXAMPLE)(diagnose.diagnose)
app.command(epilog=repair.EXAMPLE)(repair.repair)
app.command(epilog=weights.EXAMPLE)(weights.validate)
app.command(epilog=convert.EXAMPLE)(convert.convert)
app.command(epilog=mutate.EXAMPLE)(mutate.mutate)
app.command(epilog=explain.EXAMPLE)(explain.explain)
app.command(epilog=show.EXAMPLE)(show.show)
app.command(epilog=bench.EXAMPLE)(bench.bench)
app.add_typer(corpus.app, name="corpus")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"netmend {netmend.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Options of every command."""


def end_in_order_on_signals() -> None:
    """Let Ctrl-C, SIGTERM and a closed terminal end the work in order, and a second one end it at once.

    In order: the best so far is handed over and the study can be continued. At once: only the journal, in which
    nothing finished is lost; runs on their way are ended by their guards. Signals that are ignored stay ignored.
    """
    first: float | None = None

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal first
        now = time.monotonic()
        if first is None:
            first = now
            raise KeyboardInterrupt
        if now - first > SAME_INTERRUPTION:
            os._exit(INTERRUPTED)

    for number in INTERRUPTIONS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupt)
            # the interpreter takes its handlers away before it ends: a signal that comes then would change the status
            atexit.register(signal.signal, number, signal.SIG_IGN)


def main() -> None:
    """Run the command line; an error is one clear sentence and the documented exit status."""
    end_in_order_on_signals()
    debug = "--debug" in sys.argv[: sys.argv.index("--")] if "--" in sys.argv else "--debug" in sys.argv
    try:
        app()
    except NetmendError as error:
        _explain(error, debug)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            where = str(error.filename or "")
            _explain(EnvironmentFault("the disk is full", where=where, hint="free some space and try again"), debug)
        _confess(error, debug)
    except Exception as error:
        _confess(error, debug)


def _explain(error: NetmendError, debug: bool) -> NoReturn:
    if debug:
        traceback.print_exc()
    console = Console(stderr=True, highlight=False)
    console.print(f"[bold red]netmend:[/bold red] {escape(error.what)}", soft_wrap=True)
    for line in (error.where, error.hint):
        if line:
            console.print(f"  {escape(line)}", soft_wrap=True)
    sys.exit(error.status)


def _confess(error: Exception, debug: bool) -> NoReturn:
    if debug:
        traceback.print_exc()
    sys.stderr.write(
        f"netmend: a bug in netmend itself: {type(error).__name__}: {error}\n"
        "  run it again with --debug and report what it prints\n"
    )
    sys.exit(INTERNAL_ERROR)
