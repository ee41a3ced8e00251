"""`netmend diagnose`: watch a training program and say what is wrong and where."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netmend.cli import arguments as given
from netmend.cli import conversion_arguments as conversion
from netmend.cli import weight_arguments as weights
from netmend.cli.groups import expanded
from netmend.cli.network_arguments import Reading

EXAMPLE = (
    "Example: netmend diagnose train.py -- --epochs 3, or "
    "netmend diagnose model.onnx --repair-set wrong.npz --reference clean.npz, or "
    "netmend diagnose source.pt2 target.tflite --inputs images/"
)


@expanded
def diagnose(
    program: given.Subject,
    script_arguments: given.ScriptArguments = None,
    *,
    metric: given.Metric = None,
    goal: given.Goal = None,
    seeds: given.Seeds = 3,
    python: given.Python = None,
    out: given.Out = None,
    as_json: given.Json = False,
    verbose: given.Verbose = False,
    seed: given.Seed = 0,
    timeout: given.Timeout = 600,
    memory: given.Memory = 8,
    executor: given.Executor = "auto",
    weight: weights.Arguments,
    reading: Reading,
    converted: conversion.Arguments,
    no_run: Annotated[
        bool,
        typer.Option(
            "--no-run",
            metavar="",
            help="Read a program and run nothing: static rules, and what a model of correct programs expects.",
        ),
    ] = False,
    debug: given.Debug = False,
) -> None:
    """Say what is wrong with a training program, a trained network or a conversion, and where. Nothing is changed.

    A program is watched for a few runs, or read alone (with --no-run). Of a network (with --repair-set) it is said
    which points are wrong, which layer to edit, and what the repair set is like. Of two networks it is said whether the
    second answers as the first, of which it is a conversion, and if not, which nodes are at fault and why.
    """
    pair = conversion.conversion_of(program, script_arguments, weight.repair_set)
    if pair is not None:
        from netmend.cli.conversion import diagnose_conversion

        wanted = converted.options(reading, seed)
        diagnose_conversion(pair, wanted, out, as_json=as_json, verbose=verbose)
        return
    if weights.is_network(program, weight.repair_set):
        from netmend.cli.weights import diagnose_network

        asked = weight.options(reading, seed)
        diagnose_network(program, asked, out, as_json=as_json, verbose=verbose)
        return
    if no_run:
        _read(program, out, as_json=as_json, verbose=verbose)
        return

    from netmend.cli.output import papers, print_report, write_report
    from netmend.cli.progress import Progress
    from netmend.repairs.program.study import Options, diagnose_program, report_facts
    from netmend.report.document import diagnosis_document

    subject = given.subject(
        program, script_arguments, metric=metric, goal=goal, python=python, timeout=timeout, memory=memory
    )
    folder = given.out_folder(program, out, resume=False)
    options = Options(folder=folder / "study", runs=seeds, executor=executor, seed=seed)
    with Progress() as progress:
        found = diagnose_program(subject, options, progress.watcher, progress.noticed)
    facts = papers(report_facts(subject, options, found), found.diagnosis)
    page = diagnosis_document(found.diagnosis, costs=found.costs, **facts)
    write_report(page, folder)
    print_report(page, folder, as_json=as_json, verbose=verbose)


def _read(program: Path, out: Path | None, *, as_json: bool, verbose: bool) -> None:
    """Diagnose a program by its text."""
    from netmend.cli.output import papers, print_report, write_report
    from netmend.program.source import Program
    from netmend.repairs.program.inspection import inspect, report_facts
    from netmend.report.document import diagnosis_document

    source = Program.read(program)
    found = inspect(source)
    folder = given.out_folder(program, out, resume=False)
    page = diagnosis_document(found.diagnosis, **papers(report_facts(source, found), found.diagnosis))
    write_report(page, folder)
    print_report(page, folder, as_json=as_json, verbose=verbose)
