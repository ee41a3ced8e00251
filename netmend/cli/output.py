"""Writing a report to its folder and printing it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from netmend.core.errors import EnvironmentFault
from netmend.core.records import Diagnosis
from netmend.report.document import Document
from netmend.report.encoding import to_json


def papers(facts: dict[str, Any], diagnosis: Diagnosis) -> dict[str, Any]:
    """The facts with the papers that the explanations of the findings cite, added to those of the methods used."""
    from netmend.cli.explain import documentation
    from netmend.report.references import cited_in

    cited = [key for finding in diagnosis.findings for key in cited_in(documentation(finding.name))]
    return {**facts, "references": tuple(dict.fromkeys([*facts["references"], *cited]))}


def write_report(document: Document, folder: Path, diff: bytes | None = None) -> None:
    """Write report.html, report.md, report.json and, if there is one, patch.diff; an earlier patch is gone then.

    Raises:
        EnvironmentFault: the folder cannot be written.
    """
    from netmend.report.html import to_html
    from netmend.report.markdown import to_markdown

    files = {
        "report.json": to_json(document).encode(),
        "report.md": to_markdown(document).encode(),
        "report.html": to_html(document).encode(),
    }
    if diff is not None:
        files["patch.diff"] = diff
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            new = folder / f".{name}.new"
            new.write_bytes(content)
            new.replace(folder / name)
        if diff is None:
            (folder / "patch.diff").unlink(missing_ok=True)
    except OSError as error:
        raise EnvironmentFault(f"the report cannot be written: {error.strerror}", where=str(folder)) from error


def print_report(document: Document, folder: Path, *, as_json: bool, verbose: bool) -> None:
    """Print the answer: for a person, or for a machine."""
    from netmend.report.text import print_text

    if as_json:
        sys.stdout.write(to_json(document) + "\n")
    else:
        print_text(document, Console(highlight=False), verbose=verbose, written_to=str(folder / "report.html"))
