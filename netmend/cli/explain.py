"""`netmend explain`: what a rule, symptom, operator, element kind, metric or proposer is, and where it comes from."""

from __future__ import annotations

import difflib
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from netmend.cli import arguments as given
from netmend.core.errors import UsageError

if TYPE_CHECKING:
    from netmend.core.discover import Contribution

NAME_COLUMNS = 38
"""Columns of the names in the list of all: a little more than the longest of them has."""

EXAMPLE = "Example: netmend explain dying-relu"


def explain(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Name as a report shows it. Without one, all are listed.")
    ] = None,
    debug: given.Debug = False,
) -> None:
    """Explain a finding or a method by name: what it is, how it is measured, when it is wrong, where it comes from."""
    folders = _all()
    console = Console(highlight=False)
    if name is None:
        for title, found in folders.items():
            console.print(f"\n[bold]{title}[/bold]")
            _list(console, {known: contribution.summary for known, contribution in found.items()})
        return
    matches = [(title, found[name]) for title, found in folders.items() if name in found]
    if not matches:
        names = [known for found in folders.values() for known in found]
        near = ", ".join(difflib.get_close_matches(name, names, n=3))
        raise UsageError(
            f"nothing is called {name!r}",
            hint=f"did you mean: {near}?" if near else "netmend explain lists all names",
        )
    for title, contribution in matches:
        console.print(f"[bold]{name}[/bold] ({title})\n")
        for indent, paragraph in paragraphs(contribution.documentation):
            space = " " * indent
            text = textwrap.fill(paragraph, console.width, initial_indent=space, subsequent_indent=space)
            console.print(escape(text), soft_wrap=True)
        console.print()


def _list(console: Console, summaries: Mapping[str, str]) -> None:
    """A line for each name and its summary, which only a terminal makes several lines of."""
    for name, summary in summaries.items():
        line = f"{name:{NAME_COLUMNS}s} {summary}"
        if console.is_terminal:
            hanging = " " * (NAME_COLUMNS + 3 if console.width > 2 * NAME_COLUMNS else 6)
            line = textwrap.fill(line, console.width, initial_indent="  ", subsequent_indent=hanging)
        else:
            line = f"  {line}"
        console.print(escape(line), soft_wrap=True)


def paragraphs(documentation: str) -> Iterator[tuple[int, str]]:
    """A docstring, to be broken into lines anew: each paragraph on one line, with its indentation; "" between them."""
    lines = inspect.cleandoc(documentation).splitlines()
    together: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        together.append(line.strip())
        indent = _indent(line)
        if (
            not line.strip()
            or not following.strip()
            or _indent(following) != indent
            or following.lstrip().startswith("- ")
        ):
            yield indent, " ".join(together)
            together = []


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def documentation(name: str) -> str:
    """What `explain` prints for a name; empty if nothing is called that."""
    return "\n".join(found[name].documentation for found in _all().values() if name in found)


def _all() -> Mapping[str, Mapping[str, Contribution[Any]]]:
    from netmend.convert.converters._base import Converter
    from netmend.convert.rewrites._base import Rewrite
    from netmend.core.discover import contributions
    from netmend.mutation.operators._base import MutationOperator
    from netmend.program.elements._base import ElementKind
    from netmend.program.lint._base import LintRule
    from netmend.repairs.conversion.faults._base import Fault
    from netmend.repairs.program.infill._base import ScorerKind
    from netmend.repairs.program.operators._base import Operator
    from netmend.repairs.program.proposers._base import ProposerKind
    from netmend.repairs.weights.layer_choice._base import Heuristic
    from netmend.repairs.weights.methods._base import Method
    from netmend.repairs.weights.repair_set._base import Analysis
    from netmend.repairs.weights.solvers._base import Solver
    from netmend.training.metrics._base import Metric
    from netmend.training.symptoms._base import Symptom

    return {
        "symptom": contributions("netmend.training.symptoms", Symptom),
        "static rule": contributions("netmend.program.lint", LintRule),
        "operator": contributions("netmend.repairs.program.operators", Operator),
        "mutation operator": contributions("netmend.mutation.operators", MutationOperator),
        "proposer": contributions("netmend.repairs.program.proposers", ProposerKind),
        "scorer": contributions("netmend.repairs.program.infill", ScorerKind),
        "source element": contributions("netmend.program.elements", ElementKind),
        "metric": contributions("netmend.training.metrics", Metric),
        "layer heuristic": contributions("netmend.repairs.weights.layer_choice", Heuristic),
        "repair-set analysis": contributions("netmend.repairs.weights.repair_set", Analysis),
        "weight repair": contributions("netmend.repairs.weights.methods", Method),
        "solver": contributions("netmend.repairs.weights.solvers", Solver),
        "conversion fault": contributions("netmend.repairs.conversion.faults", Fault),
        "converter": contributions("netmend.convert.converters", Converter),
        "rewrite before conversion": contributions("netmend.convert.rewrites", Rewrite),
    }
