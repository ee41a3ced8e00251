"""`netmend repair`: say what is wrong with a training program or a network and hand back a patch with evidence."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from netmend.cli import arguments as given
from netmend.cli import conversion_arguments as conversion
from netmend.cli import weight_arguments as weights
from netmend.cli.groups import expanded
from netmend.cli.network_arguments import Reading

EXAMPLE = (
    "Example: netmend repair train.py --goal 0.95 --budget 20x -- --data digits.csv, or "
    "netmend repair model.onnx --repair-set wrong.npz --reference clean.npz, or "
    "netmend repair source.pt2 target.tflite --inputs images/ --labels-of top-1"
)


@expanded
def repair(
    program: given.Subject,
    script_arguments: given.ScriptArguments = None,
    *,
    metric: given.Metric = None,
    goal: given.Goal = None,
    budget: Annotated[
        str,
        typer.Option(metavar="AMOUNT", help="Of the search: 20x (trainings of your program), 50runs, or 10m in all."),
    ] = "20x",
    seeds: given.Seeds = 5,
    python: given.Python = None,
    out: given.Out = None,
    resume: Annotated[bool, typer.Option("--resume", metavar="", help="Continue an interrupted study.")] = False,
    apply: Annotated[
        bool, typer.Option("--apply", metavar="", help="Write a confirmed patch to the program; a backup is kept.")
    ] = False,
    as_json: given.Json = False,
    verbose: given.Verbose = False,
    proposer: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Who proposes patches; see: netmend explain auto.", rich_help_panel=given.RARE
        ),
    ] = "auto",
    filler: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="What --proposer infill asks; see: netmend explain unixcoder, llm.",
            rich_help_panel=given.RARE,
        ),
    ] = "",
    model: Annotated[
        str,
        typer.Option(
            metavar="NAME_OR_PATH", help="Of the filler: a file, a folder or a hub name.", rich_help_panel=given.RARE
        ),
    ] = "",
    endpoint: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Of --filler llm: http://127.0.0.1:8000/v1. Sends the program.",
            rich_help_panel=given.RARE,
        ),
    ] = "",
    as_published: Annotated[
        bool,
        typer.Option(
            "--as-published",
            metavar="",
            help="By the published protocol of that proposer: one run each, which ranks and confirms nothing.",
            rich_help_panel=given.RARE,
        ),
    ] = False,
    seed: given.Seed = 0,
    timeout: given.Timeout = 600,
    memory: given.Memory = 8,
    executor: given.Executor = "auto",
    lanes: Annotated[
        int,
        typer.Option(metavar="N", help="Runs side by side, one thread each.", min=1, rich_help_panel=given.RARE),
    ] = 2,
    screen: Annotated[
        str,
        typer.Option(
            metavar="none|lanes",
            help="Order learning rates by training them together on JAX first, where that pays; decides nothing.",
            rich_help_panel=given.RARE,
        ),
    ] = "none",
    weight: weights.Arguments,
    reading: Reading,
    converted: conversion.Arguments,
    debug: given.Debug = False,
) -> None:
    """Repair a training program, a trained network, or a converted one.

    A program is watched, its fault found, patches tried, and one confirmed on fresh seeds and unseen rows. Of a network
    (with --repair-set) the weights of one layer are changed, as little as possible, until every point is right. Of two
    networks the second is mended until it answers as the first, of which it is a conversion.
    """
    pair = conversion.conversion_of(program, script_arguments, weight.repair_set)
    if pair is not None:
        from netmend.cli.conversion import repair_conversion

        wanted = converted.options(reading, seed)
        raise typer.Exit(repair_conversion(pair, wanted, out, as_json=as_json, verbose=verbose))
    if weights.is_network(program, weight.repair_set):
        from netmend.cli.weights import repair_network

        asked = weight.options(reading, seed)
        raise typer.Exit(repair_network(program, asked, out, as_json=as_json, verbose=verbose))

    from netmend.cli.output import papers, print_report, write_report
    from netmend.cli.progress import Progress
    from netmend.core.budget import Budget
    from netmend.program.diff import diff_bytes
    from netmend.program.write import apply_to_user_file
    from netmend.repairs.program.infill._base import Filler
    from netmend.repairs.program.study import INTERRUPTED, Options, exit_status, repair_program, report_facts
    from netmend.report.document import document

    subject = given.subject(
        program, script_arguments, metric=metric, goal=goal, python=python, timeout=timeout, memory=memory
    )
    folder = given.out_folder(program, out, resume=resume)
    options = Options(
        folder=folder / "study",
        budget=Budget.parse(budget),
        runs=seeds,
        proposer=proposer,
        as_published=as_published,
        executor=executor,
        lanes=lanes,
        seed=seed,
        resume=resume,
        screen=screen,
        filler=Filler(filler, model, endpoint),
    )
    progress = Progress()
    try:
        with progress:
            found = repair_program(subject, options, progress.watcher, progress.noticed)
    except KeyboardInterrupt:
        progress.say("interrupted while watching, before anything was tried; finished runs are kept")
        progress.say(f"continue with: {given.resuming(sys.argv[1:], folder)}")
        raise typer.Exit(INTERRUPTED) from None
    status = exit_status(found)
    facts = papers(report_facts(subject, options, found), found.repair.diagnosis)
    page = document(found.repair, status=status, **facts)
    patch, confirmed = found.patch, found.repair.confirmed
    write_report(page, folder, None if confirmed is None else diff_bytes(confirmed.patch))
    print_report(page, folder, as_json=as_json, verbose=verbose)
    if found.repair.interrupted:
        progress.say(f"interrupted; continue with: {given.resuming(sys.argv[1:], folder)}")
    if apply and patch is not None:
        for backup in apply_to_user_file(subject.program, patch):
            progress.say(f"applied; the file as it was: {backup}")
    elif apply:
        missed = "no patch was confirmed" if confirmed is None else "the confirmed patch does not meet the goal"
        progress.say(f"nothing was applied: {missed}")
    raise typer.Exit(status)
