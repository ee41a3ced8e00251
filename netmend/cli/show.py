"""`netmend show`: print the report of a finished study again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netmend.cli import arguments as given
from netmend.core.errors import UsageError

EXAMPLE = "Example: netmend show netmend-out/train --verbose"


def show(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of a report, as --out named it.")],
    as_json: given.Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", metavar="", help="Print it as Markdown.")] = False,
    verbose: given.Verbose = False,
    debug: given.Debug = False,
) -> None:
    """Print the report of a finished study again, as text, Markdown or JSON."""
    from netmend.cli.output import print_report
    from netmend.report.encoding import from_json
    from netmend.report.markdown import to_markdown

    path = folder / "report.json"
    try:
        document = from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        hint = "name the folder that --out named; a study that was killed has no report until it is continued"
        raise UsageError(f"there is no report: {error.strerror}", where=str(path), hint=hint) from error
    except UnicodeDecodeError:
        raise UsageError("this is not a report document", where=str(path), hint="name the folder of a report") from None
    except UsageError as error:
        raise UsageError(error.what, where=f"{path} {error.where}".strip(), hint=error.hint) from error
    if markdown:
        typer.echo(to_markdown(document))
    else:
        print_report(document, folder, as_json=as_json, verbose=verbose)
