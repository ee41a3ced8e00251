"""A conversion: the converters that join two formats in turn, and rewrites of the source where all of them fail."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from netmend.convert.converters._base import Asked, ConversionFailed, Converter
from netmend.convert.rewrites._base import Rewrite
from netmend.core.discover import contributions
from netmend.core.errors import EnvironmentFault, NetmendError, UsageError
from netmend.network.backends._base import Network, Rewritable
from netmend.network.load import load
from netmend.network.random_inputs import random_inputs

EQUAL = 1e-5
"""Largest difference of a rewritten source, as a share of the largest answer: SqueezeNet, MobileNets and ResNets in
float32 differ by less when computed in another order (`netmend.network.agreement.LOOSE` and its measurement)."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A finished conversion.

    Attributes:
        converter: by which. rewrites: of the source that it needed, each proven equal to it.
        failed: what the others said, or the same before the rewrites.
    """

    converter: str
    rewrites: tuple[str, ...]
    failed: tuple[str, ...]


def converters(takes: str, makes: str) -> dict[str, Converter]:
    """Those that join two formats, in the order in which they are tried.

    Raises:
        UsageError: there is none.
    """
    known = {name: found.value for name, found in contributions("netmend.convert.converters", Converter).items()}
    fitting = {name: each for name, each in known.items() if (each.takes, each.makes) == (takes, makes.lower())}
    if not fitting:
        pairs = {(each.takes, each.makes) for each in known.values()}
        there = ", ".join(sorted(f"{source} to {target}" for source, target in pairs))
        steps = sorted(way for source, way in pairs if source == takes and (way.lstrip("."), makes.lower()) in pairs)
        first = f"convert it to {steps[0]} first, and that to {makes}; " if steps else ""
        what = makes or "a file without an ending, which says the format"
        raise UsageError(f"no converter goes from {takes} to {what}", hint=f"{first}there are {there}")
    return dict(sorted(fitting.items(), key=lambda item: item[1].rank))


def convert(asked: Asked, only: str = "", tell: Callable[[str], None] = lambda said: None) -> Converted:
    """Convert a network; the target is written whole or not at all.

    Args:
        only: name of one converter; any that fits otherwise. tell: told what is being done.

    Raises:
        UsageError: the target exists, or no converter fits. EnvironmentFault: none that fits is installed.
        ConversionFailed: none converts it, not even rewritten.
    """
    if asked.target.exists():
        raise UsageError(f"{asked.target} exists already", hint="nothing is overwritten: name another file")
    fitting = converters(asked.network.format, asked.target.suffix)
    if only and only not in fitting:
        raise UsageError(f"{only!r} does not do this", hint=f"known are {', '.join(fitting)}")
    chosen = {only: fitting[only]} if only else fitting
    failed: list[str] = []
    absent: list[EnvironmentFault] = []
    with tempfile.TemporaryDirectory() as place:
        for source, network, rewrites in _spellings(asked, Path(place), tell):
            for name, each in chosen.items():
                tell(f"{name}{' with ' + ', '.join(rewrites) if rewrites else ''}")
                try:
                    _attempt(replace(asked, source=source, network=network), each)
                except ConversionFailed as error:
                    failed.append(f"{name}: {error.what}")
                except EnvironmentFault as error:
                    absent.append(error)
                else:
                    return Converted(name, rewrites, tuple(failed))
            if len(absent) == len(chosen):
                raise absent[0]
    raise ConversionFailed(
        f"no converter takes the network: {failed[0]}",
        where="; ".join(dict.fromkeys(failed[1:])),
        hint="rewrites that could be proven equal did not help; ask the converter's project",
    )


def _attempt(asked: Asked, converter: Converter) -> None:
    """Into a folder of its own first, so that nothing half done is left."""
    with tempfile.TemporaryDirectory(dir=asked.target.parent, prefix=".new-") as place:
        made = Path(place) / asked.target.name
        converter.convert(replace(asked, target=made))
        if not made.is_file():
            raise ConversionFailed("it made no file")
        for file in sorted(Path(place).iterdir()):
            file.rename(asked.target.parent / file.name)


def _spellings(
    asked: Asked, folder: Path, tell: Callable[[str], None]
) -> Iterator[tuple[Path, Network, tuple[str, ...]]]:
    """The source as it is, then in other spellings that are proven equal: each rewrite alone, then all together."""
    together: tuple[Path, Network, tuple[str, ...]] = (asked.source, asked.network, ())
    yield together
    ending = ".pt2" if asked.network.format == "torch" else asked.source.suffix
    known = contributions("netmend.convert.rewrites", Rewrite)
    for name, each in sorted(known.items(), key=lambda item: item[1].value.late):
        tell(f"rewriting the source: {each.value.says}")
        alone = _proven(asked.network, asked.network, each.value, folder / f"{name}{ending}")
        if alone is None:
            continue
        yield (*alone, (each.value.says,))
        more = _proven(asked.network, together[1], each.value, folder / f"{name}-together{ending}")
        if more is not None:
            together = (*more, (*together[2], each.value.says))
    if len(together[2]) > 1:
        yield together


def _proven(source: Network, network: Network, rewrite: Rewrite, path: Path) -> tuple[Path, Network] | None:
    """The rewritten network, if it is written, read again, and answers as the source in the source's own runtime."""
    try:
        if not rewrite.rewrite(network, path):
            return None
        again = load(path)
        inputs = list(random_inputs(source.graph).values())
        answers = [
            list(one.outputs(dict(zip([each.name for each in one.graph.inputs], inputs, strict=True))).values())
            for one in (source, again)
            if isinstance(one, Rewritable)
        ]
    except NetmendError:
        return None
    pairs = list(zip(*answers, strict=True)) if len(answers) == 2 else []
    equal = pairs and all(
        one.shape == other.shape and np.abs(one - other).max(initial=0) <= EQUAL * max(1.0, np.abs(one).max(initial=0))
        for one, other in pairs
    )
    return (path, again) if equal else None
