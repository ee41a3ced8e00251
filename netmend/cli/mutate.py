"""`netmend mutate`: make faulty programs with known ground truth from a correct one."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from netmend.cli import arguments as given

if TYPE_CHECKING:
    from netmend.core.budget import Budget

EXAMPLE = "Example: netmend mutate correct.py --operators HLR,ACH --budget 100runs -- --epochs 20"

INTERRUPTED = 130

STATUSES = ("killed", "survived", "does-not-train", "not-comparable", "not-run")

OPERATOR_COLUMNS = 30
"""Columns of an operator's name in the summary: one more than the longest has."""


def mutate(
    program: given.Program,
    script_arguments: given.ScriptArguments = None,
    metric: given.Metric = None,
    operators: Annotated[
        str, typer.Option(metavar="NAMES", help="Names or acronyms, with commas between. Default: all operators.")
    ] = "",
    budget: Annotated[
        str | None,
        typer.Option(metavar="AMOUNT", help="Of the mutants' runs: 50x, 500runs or 10m. Default: all mutants."),
    ] = None,
    seeds: Annotated[
        int,
        typer.Option(metavar="N", help="Runs of the program and of each mutant.", min=4, max=given.MOST_RUNS),
    ] = 10,
    python: given.Python = None,
    out: given.Out = None,
    resume: Annotated[bool, typer.Option("--resume", metavar="", help="Continue an interrupted study.")] = False,
    no_runs: Annotated[
        bool, typer.Option("--no-runs", metavar="", help="Write all mutants and run none of them.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="Print mutants.json on standard output.")] = False,
    seed: given.Seed = 0,
    timeout: given.Timeout = 600,
    memory: given.Memory = 8,
    executor: given.Executor = "auto",
    lanes: Annotated[
        int,
        typer.Option(metavar="N", help="Runs side by side, one thread each.", min=1, rich_help_panel=given.RARE),
    ] = 2,
    debug: given.Debug = False,
) -> None:
    """Make faulty programs from a correct one, each with its ground truth, and find out which of them are worse."""
    from netmend.cli.progress import Progress
    from netmend.mutation.record import document, write
    from netmend.mutation.study import kill, not_run
    from netmend.repairs.program.study import Options

    subject = given.subject(
        program, script_arguments, metric=metric, goal=None, python=python, timeout=timeout, memory=memory
    )
    chosen = [name.strip() for name in operators.split(",") if name.strip()]
    folder = given.out_folder(program.with_name(f"{program.stem}-mutants"), out, resume=resume)
    if no_runs:
        tried, refused = not_run(subject, chosen)
        page = document(subject.program, tried, refused)
    else:
        options = Options(
            folder=folder / "study",
            budget=_budget(budget),
            runs=seeds,
            executor=executor,
            lanes=lanes,
            seed=seed,
            resume=resume,
        )
        progress = Progress()
        try:
            with progress:
                study = kill(subject, options, chosen, progress.watcher, progress.noticed)
        except KeyboardInterrupt:
            progress.say("interrupted before anything was tried; finished runs are kept")
            progress.say(f"continue with: {given.resuming(sys.argv[1:], folder)}")
            raise typer.Exit(INTERRUPTED) from None
        tried = study.tried
        page = document(subject.program, tried, study.refused, study)
    write(page, tried, folder)
    if as_json:
        sys.stdout.write((folder / "mutants.json").read_text(encoding="utf-8"))
    else:
        _print(page, str(folder))
    if page.get("interrupted"):
        progress.say(f"interrupted; continue with: {given.resuming(sys.argv[1:], folder)}")
        raise typer.Exit(INTERRUPTED)


def _budget(text: str | None) -> Budget:
    from netmend.core.budget import Budget
    from netmend.mutation.study import NO_LIMIT

    return NO_LIMIT if text is None else Budget.parse(text)


def _print(page: dict[str, Any], folder: str) -> None:
    """A line for each operator, what it did and why it did nothing."""
    console = Console(highlight=False)
    lines = []
    if "original" in page:
        lines.append(f"{page['program']}: {page['metric']} {_number(page['original']['mean'])}")
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for mutant in page["mutants"]:
        found[mutant["operator"]].append(mutant)
    for operator, mutants in found.items():
        said = "; ".join([_counted(mutants), *_mildest(mutants)])
        lines.append(f"{mutants[0]['acronym']:4s} {operator:{OPERATOR_COLUMNS}s} {said}")
    lines.append(f"{'':4s} {'together':{OPERATOR_COLUMNS}s} {_counted(page['mutants'])}")
    lines += _nothing(page)
    lines += [f"warning: {warning}" for warning in page.get("warnings", ())]
    if "ended" in page:
        lines.append(f"{page['runs']} runs in {page['run_seconds']:.0f} s of running; {page['ended']}")
    lines.append(f"mutants: {folder}/mutants.csv, mutants.json, mutants/")
    for line in lines:
        console.print(line, soft_wrap=True, markup=False)


def _counted(mutants: Sequence[dict[str, Any]]) -> str:
    """How many mutants have which status: "2 killed (1 selected), 3 survived"."""
    said = []
    for status in STATUSES:
        of_status = [mutant for mutant in mutants if mutant["status"] == status]
        selected = sum(mutant["selected"] for mutant in of_status)
        more = f" ({selected} selected)" if selected else ""
        said += [f"{len(of_status)} {status.replace('-', ' ')}{more}"] if of_status else []
    return ", ".join(said) or "none"


def _mildest(mutants: Sequence[dict[str, Any]]) -> list[str]:
    """What the search of each parameter found: the mildest value that is killed, which may be the extreme."""
    best: dict[tuple[str, int], str] = {}
    for mutant in mutants:  # of one parameter the mildest comes after the extreme
        if mutant["path"] and mutant["status"] == "killed":
            (truth,) = mutant["truth"]
            best[truth["owner"], truth["place"]["line"]] = f"mildest killed {truth['right']} -> {truth['wrong']}"
    return list(best.values())


def _nothing(page: dict[str, Any]) -> list[str]:
    """One line for each reason for which operators made nothing, and how many values could not be written."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    unwritten = 0
    for refused in page["not_applicable"]:
        unwritten += bool(refused["value"])
        if not refused["value"]:
            by_reason[refused["sentence"]].append(refused["acronym"])
    lines = [f"not applicable: {', '.join(acronyms)}: {sentence}" for sentence, acronyms in by_reason.items()]
    return [*lines, *([f"values that cannot be written: {unwritten}, see mutants.json"] if unwritten else [])]


def _number(value: float | None) -> str:
    return "(every run failed)" if value is None else f"{value:.4g}"
