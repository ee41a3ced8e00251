"""`netmend bench`: run a benchmark, or show its tables. Benchmarks lie beside the package, in a checkout only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

import netmend
from netmend.cli import arguments as given
from netmend.core.errors import UsageError

EXAMPLE = "Example: netmend bench architecture -- --tier smoke"

CHECKOUT = Path(netmend.__file__).parent.parent


def bench(
    name: Annotated[str | None, typer.Argument(help="Name of a benchmark. Without one, all are listed.")] = None,
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="-- ARGUMENTS", help="The benchmark's own arguments.")
    ] = None,
    debug: given.Debug = False,
) -> None:
    """Run one of the benchmarks in bench/ and print its tables."""
    known = sorted(file.parent.name for file in (CHECKOUT / "bench").glob("*/__main__.py"))
    if not known:
        hint = "clone netmend's repository, and run it from there"
        raise UsageError("benchmarks are not part of an installed netmend", where=str(CHECKOUT), hint=hint)
    if name is None:
        typer.echo("\n".join(known))
        return
    if name not in known:
        raise UsageError(f"there is no benchmark called {name!r}", hint=f"known benchmarks: {', '.join(known)}")
    words = [sys.executable, "-m", f"bench.{name}", *(arguments or [])]
    raise typer.Exit(subprocess.call(words, cwd=CHECKOUT))
