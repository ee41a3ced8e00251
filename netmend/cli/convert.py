"""`netmend convert`: convert a trained network, check the result against its source, and repair it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from netmend.cli import arguments as given
from netmend.cli import conversion_arguments as conversion
from netmend.cli.groups import expanded
from netmend.cli.network_arguments import Reading

EXAMPLE = "Example: netmend convert model.pt2 model.onnx --inputs images/ --mean 0.5 --std 0.5"


@expanded
def convert(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="Trained network.")],
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="New file; its ending says the format.")],
    *,
    converter: Annotated[str, typer.Option(metavar="NAME", help="One converter; any that fits otherwise.")] = "",
    opset: Annotated[int | None, typer.Option(metavar="N", help="Version of the operators of an ONNX file.")] = None,
    python: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Interpreter where tensorflow or onnx2tf are, if not this one.")
    ] = None,
    input_shape: Annotated[
        str, typer.Option(metavar="1,3,224,224", help="What a source takes whose file holds weights alone.")
    ] = "",
    check: Annotated[bool, typer.Option("--check/--no-check", help="Compare with the source, and repair.")] = True,
    inputs: conversion.Inputs = None,
    reading: Reading,
    out: given.Out = None,
    as_json: given.Json = False,
    verbose: given.Verbose = False,
    seed: given.Seed = 0,
    debug: given.Debug = False,
) -> None:
    """Convert a trained network with the converters that are installed, check the result, and mend it.

    Where no converter takes the network, it is spelled otherwise first; each such spelling is proven equal in the
    source's own runtime. The result is compared with the source, and replaced by a repaired one where it differs.
    """
    from netmend.convert.given import asked_of
    from netmend.convert.study import convert as converted

    asked = asked_of(source, target, architecture=reading.architecture, shape=input_shape, opset=opset, python=python)
    found = converted(asked, converter, lambda said: typer.echo(said, err=True))
    typer.echo(f"converted by {', '.join((found.converter, *found.rewrites))}", err=True)
    if not check:
        return
    from netmend.cli.conversion import repair_conversion

    wanted = conversion.Arguments(inputs=inputs).options(reading, seed)
    folder = given.out_folder(target, out, resume=False)
    status = repair_conversion((source, target), wanted, folder, as_json=as_json, verbose=verbose)
    repaired = folder / f"repaired{target.suffix}"
    if repaired.is_file():
        shutil.move(target, folder / f"converted{target.suffix}")
        shutil.copyfile(repaired, target)
        typer.echo(f"{target} is the repaired one; as it was converted it is in {folder}", err=True)
    raise typer.Exit(status)
