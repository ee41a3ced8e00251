"""`netmend repair` and `netmend diagnose` for a trained network, and `netmend validate` for what they hand over."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from netmend.cli import arguments as given

if TYPE_CHECKING:
    from netmend.repairs.weights.given import Options

EXAMPLE = "Example: netmend validate netmend-out/model/certificate.json"


def repair_network(path: Path, options: Options, out: Path | None, *, as_json: bool, verbose: bool) -> int:
    """Repair a trained network, write report and result; returns the exit status."""
    from netmend.cli.output import papers, print_report, write_report
    from netmend.cli.progress import Progress
    from netmend.repairs.weights import study
    from netmend.repairs.weights.memory import keep_freed
    from netmend.report.document import document

    folder = given.out_folder(path, out, resume=False)
    keep_freed()
    progress: Any = Progress()
    with progress:
        found = study.repair_network(path, options, folder, progress.watcher, progress.doing)
    status = study.exit_status(found)
    facts = papers(study.report_facts(found, options, folder), found.repair.diagnosis)
    page = document(found.repair, status=status, basis="exact", **facts)
    write_report(page, folder)
    print_report(page, folder, as_json=as_json, verbose=verbose)
    return status


def diagnose_network(path: Path, options: Options, out: Path | None, *, as_json: bool, verbose: bool) -> None:
    """Say which layers of a trained network to edit, and write the report."""
    from netmend.cli.output import papers, print_report, write_report
    from netmend.cli.progress import Progress
    from netmend.repairs.weights import study
    from netmend.report.document import diagnosis_document

    folder = given.out_folder(path, out, resume=False)
    progress: Any = Progress()
    with progress:
        found = study.diagnose_network(path, options, progress.watcher)
    facts = papers(study.report_facts(found, options, folder), found.diagnosis)
    page = diagnosis_document(found.diagnosis, costs=found.costs, **facts)
    write_report(page, folder)
    print_report(page, folder, as_json=as_json, verbose=verbose)


def validate(
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE", help="certificate.json of a weight repair.")],
    network: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Check this network in place of the one beside it.")
    ] = None,
    architecture: Annotated[
        str, typer.Option(metavar="FILE:CALLABLE", help="What builds the module, for a file of weights alone.")
    ] = "",
    as_json: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """Show again, without any solver, what a certificate states of a repaired network."""
    from netmend.repairs.weights.certificate import validate as checked

    found = checked(certificate, architecture, network)
    passed = all(check.passed for check in found)
    if as_json:
        import dataclasses
        import json

        page = {"valid": passed, "checks": [dataclasses.asdict(check) for check in found]}
        sys.stdout.write(json.dumps(page, indent=1) + "\n")
    else:
        console = Console(highlight=False)
        console.print("[bold blue]Valid[/bold blue]" if passed else "[bold red]Not valid[/bold red]")
        for check in found:
            sign = "[blue]yes[/blue]" if check.passed else "[red] no[/red]"
            console.print(f"  {sign}  {escape(check.name)}: {escape(check.sentence)}", soft_wrap=True)
    raise typer.Exit(0 if passed else 1)
