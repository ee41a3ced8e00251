"""Prepares the small data sets of the core tier, once, as arrays that load in milliseconds.

Real data are read from the folder `NETMEND_DATA` names, by default `shared/data` beside the checkout. What is not there
is replaced by a stand-in of the same form, made from nothing but installed packages; every file says which it is.
Prepared files lie in the folder `NETMEND_CACHE` names, by default `.cache/netmend` in the user's home.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.architecture.data import excerpts, made
from bench.architecture.data.arrays import Split

EDITION = 3
"""Part of the cache's path: raised when what is prepared changes, so that no stale file is read."""

REAL: dict[str, Callable[[Path], Split]] = {
    "mnist": excerpts.mnist,
    "cifar10": excerpts.cifar10,
    "reuters": excerpts.reuters,
}
STAND_INS: dict[str, Callable[[], Split]] = {
    "mnist": made.digits,
    "cifar10": made.textures,
    "reuters": made.topics,
    "eyes": made.eyes,
    "voices": made.voices,
    "road": made.road,
    "particles": made.particles,
}


def real_folder() -> Path:
    """Where real data are looked for."""
    beside = Path(__file__).resolve().parents[3].parent / "shared" / "data"
    return Path(os.environ.get("NETMEND_DATA") or beside)


def cache_folder() -> Path:
    """Where prepared files lie; `data.py` of every program of the core tier looks in the same place."""
    home = os.environ.get("NETMEND_CACHE") or Path.home() / ".cache" / "netmend"
    return Path(home) / f"bench-data-{EDITION}"


def prepare(name: str) -> Path:
    """The prepared file of a data set, made if it is not there yet.

    Args:
        name: one of `STAND_INS`.

    Returns:
        `NAME-real.npz` where the real data are at hand, else `NAME-stand-in.npz`.
    """
    maker = REAL.get(name)
    real = cache_folder() / f"{name}-real.npz"
    if real.exists():
        return real
    if maker is not None and excerpts.at_hand(name, real_folder()):
        return _write(real, maker(real_folder()))
    stand_in = cache_folder() / f"{name}-stand-in.npz"
    return stand_in if stand_in.exists() else _write(stand_in, STAND_INS[name]())


def _write(path: Path, split: Split) -> Path:
    """Write beside and rename: two processes may prepare at once, and none may read half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{secrets.token_hex(4)}-{path.name}")
    with new.open("wb") as file:
        np.savez(file, allow_pickle=False, source=np.array(split.source), **split.arrays)
    new.replace(path)
    return path
