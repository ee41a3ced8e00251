"""`netmend corpus`: make a corpus of training programs from clones of public repositories, or say what is in one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmend.cli import arguments as given

if TYPE_CHECKING:
    from netmend.corpus.extract import Extract

app = typer.Typer(no_args_is_help=True, help="A corpus of training programs: build one, or show what is in it.")

EXAMPLE = "Example: netmend corpus build clones/ --manifest manifest.csv --out corpus.jsonl.gz"


@app.command(epilog=EXAMPLE)
def build(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FOLDER...", help="Clones, or folders that hold some."),
    ] = None,
    manifest: Annotated[Path, typer.Option(metavar="FILE", help="Where the table of repositories goes.")] = Path(
        "manifest.csv"
    ),
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the corpus goes: .jsonl or .jsonl.gz.")] = Path(
        "corpus.jsonl.gz"
    ),
    extracts: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Where what was read of a clone is kept; a clone that is there is not read again."
        ),
    ] = None,
    families: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV: patterns of repositories, families of authors."),
    ] = None,
    licences: Annotated[
        str, typer.Option(metavar="NAMES", help="permissive, or SPDX identifiers with commas between.")
    ] = "permissive",
    debug: given.Debug = False,
) -> None:
    """Read clones, keep one of each model, split them by families of authors, and write corpus and manifest."""
    from netmend.corpus import families as of_families
    from netmend.corpus.build import build as put_together
    from netmend.corpus.licences import PERMISSIVE
    from netmend.corpus.records import write

    allowed = PERMISSIVE if licences == "permissive" else {each.strip() for each in licences.split(",")}
    known = of_families.read(families) if families else of_families.Families()
    corpus = put_together(_extracts(folders or [], extracts, allowed), known, allowed)
    write(corpus.examples, out)
    corpus.write_manifest(manifest)
    refused = ", ".join(
        f"{count} {name or 'without a licence that is known'}" for name, count in corpus.refused.items()
    )
    typer.echo(f"{len(corpus.rows)} repositories" + (f"; refused: {refused}" if refused else ""))
    typer.echo(f"{len(corpus.examples)} models in {out}, repositories in {manifest}")


@app.command(epilog="Example: netmend corpus show corpus.jsonl.gz")
def show(
    corpus: Annotated[Path, typer.Argument(metavar="CORPUS", help="A corpus that `build` has written.")],
    debug: given.Debug = False,
) -> None:
    """Say how many models, families and elements each share of a corpus has."""
    from netmend.corpus.records import SHARES, read
    from netmend.program.sequence.vocabulary import ELEMENTS

    models: Counter[tuple[str, str]] = Counter()
    elements: Counter[tuple[str, str]] = Counter()
    families: dict[str, set[str]] = {share: set() for share in SHARES}
    for example in read(corpus):
        models[example.share, example.sequence.framework] += 1
        families[example.share].add(example.family)
        for token in example.sequence.tokens:
            elements[example.share, token.kind] += token.given
    typer.echo(f"{'':14s}" + "".join(f"{share:>12s}" for share in SHARES))
    for name, row in (
        ("families", [len(families[share]) for share in SHARES]),
        *((framework, [models[share, framework] for share in SHARES]) for framework in ("keras", "torch")),
        *((kind, [elements[share, kind] for share in SHARES]) for kind in ELEMENTS),
    ):
        typer.echo(f"{name:14s}" + "".join(f"{count:>12d}" for count in row))


def _extracts(folders: Iterable[Path], kept: Path | None, allowed: Collection[str]) -> list[Extract]:
    """What was read of clones, now or before."""
    from netmend.corpus.clones import clones
    from netmend.corpus.extract import Extract, extract

    found: dict[tuple[str, str], Extract] = {}
    for path in sorted(kept.glob("*.jsonl")) if kept else ():
        before = Extract.read(path)
        found[before.repository, before.commit] = before
    for folder in folders:
        for clone in clones(folder):
            if (clone.name, clone.commit) not in found:
                now = found[clone.name, clone.commit] = extract(clone, allowed)
                typer.echo(f"{clone.name}: {now.licence or 'no licence that is known'}, {len(now.examples)} models")
                if kept:
                    now.write(kept / f"{clone.name.replace('/', '+')}@{clone.commit[:12]}.jsonl")
    return list(found.values())
