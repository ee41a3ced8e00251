"""`netmend repair` and `netmend diagnose` for a network and its conversion."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from netmend.cli import arguments as given

if TYPE_CHECKING:
    from netmend.repairs.conversion.given import Options


def repair_conversion(
    paths: tuple[Path, Path], options: Options, out: Path | None, *, as_json: bool, verbose: bool
) -> int:
    """Repair a converted network, write report and result; returns the exit status."""
    from netmend.cli.output import papers, print_report, write_report
    from netmend.cli.progress import Progress
    from netmend.repairs.conversion import study
    from netmend.report.document import document

    folder = given.out_folder(paths[1], out, resume=False)
    progress: Any = Progress()
    with progress:
        found = study.repair_conversion(paths, options, folder, progress.watcher, progress.doing)
    status = study.exit_status(found)
    facts = papers(study.report_facts(found, options), found.repair.diagnosis)
    page = document(found.repair, status=status, basis="exact", **facts)
    write_report(page, folder)
    print_report(page, folder, as_json=as_json, verbose=verbose)
    return status


def diagnose_conversion(
    paths: tuple[Path, Path], options: Options, out: Path | None, *, as_json: bool, verbose: bool
) -> None:
    """Say whether a converted network agrees with its source, and write the report."""
    from netmend.cli.output import papers, print_report, write_report
    from netmend.cli.progress import Progress
    from netmend.repairs.conversion import study
    from netmend.report.document import diagnosis_document

    folder = given.out_folder(paths[1], out, resume=False)
    progress: Any = Progress()
    with progress:
        found = study.diagnose_conversion(paths, options, progress.watcher, progress.doing)
    facts = papers(study.report_facts(found, options), found.diagnosis)
    page = diagnosis_document(found.diagnosis, costs=found.costs, verdict=study.verdict(found), **facts)
    write_report(page, folder)
    print_report(page, folder, as_json=as_json, verbose=verbose)
