"""Private copies of a program's folder: runs read and write there, and never in the user's own.

- Files of up to `LINK_ABOVE` bytes are copied, by reference where the file system can.
- Larger ones are symbolic links to one read-only copy that all copies of the folder share: neither a hard link nor a
  link to the user's file would keep a run from writing to it. A program that overwrites such a file in its own folder
  is refused permission.
- Version control, virtual environments, caches and studies of netmend are left out.
- Links are kept if they point into the folder; one that leads out of it leads to the same target as before.
- Files beside the folder that the program's text names (`"../data/x.csv"`) are copied beside its copies, once for all
  of them; where it goes up by other means (`Path(__file__).parent.parent / "data"`), so is what bears a name that
  stands in the text. A path further up is not found.

Absolute paths lead to the user's own files, as they do without netmend.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from netmend.core.errors import EnvironmentFault, UsageError

LINK_ABOVE = 32 * 2**20
"""Bytes. A file of this size is copied in 10 to 80 ms (own measurement); models of small programs are smaller."""

LARGEST = 4 * 2**30
"""Bytes of a folder that are still copied; more is a home folder rather than a program."""

MOST = 50_000
"""Files of a folder that are still copied, for the same reason."""

LEFT_OUT = frozenset(
    {".git", ".hg", ".svn", "__pycache__", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
    | {".tox", ".nox", "node_modules", "netmend-out"}
)
"""Folders no run needs: version control, caches, environments of other tools, results of netmend."""

NOT_NEEDED = ("pyvenv.cfg", "study/journal.jsonl")
"""A folder that holds one of these is a virtual environment, or the result of an earlier repair."""

BESIDE = re.compile(r"""["'](\.\./[^"'\\\n]+)""")
"""A string in a program's text, or in that of a notebook, that names something beside the program's folder."""

UPWARDS = re.compile(r"""\.parent\.parent\b|\.parents\[1\]|\bpardir\b|["']\.\.["']|dirname\([^()\n]*dirname\(""")
"""How a program's text goes to the folder above without writing `"../NAME"`."""

NAME = re.compile(r"""["'](\w[^"'\\/\n]*)""")
"""The first part of a path that a string may be."""


def private_copy(folder: Path, destination: Path, *, leave_out: Iterable[Path] = (), largest: int = LARGEST) -> None:
    """Copy a program's folder.

    Args:
        folder: the user's; nothing is written there.
        destination: where the copy goes; must not be there yet. What copies share is put beside it.
        leave_out: folders that no run needs, beside those always left out; `destination`'s parent is one.
        largest: bytes that are copied at most.

    Raises:
        UsageError: the folder is too large to be copied.
        EnvironmentFault: it cannot be copied: disk full, no permission.
    """
    folder, destination = folder.resolve(), destination.absolute()
    shared = destination.parent
    skipped = frozenset({shared.resolve(), *(path.resolve() for path in leave_out)})
    try:
        shared.mkdir(parents=True, exist_ok=True)
        found = list(_bounded(_entries(folder, skipped), folder, largest))
        destination.mkdir()
        for path in found:
            _copy_entry(path, destination / path.relative_to(folder), folder, shared)
        for path in _beside(folder):
            _once(path, shared / path.relative_to(folder.parent), skipped)
    except OSError as error:
        where = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
        raise EnvironmentFault("cannot make a private copy of the program's folder", where=where) from None


def digest(folder: Path) -> str:
    """A hash over names, permissions, sizes, times of change and contents of everything in a folder."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        content = b""
        if path.is_symlink():
            content = os.fsencode(path.readlink())
        elif path.is_file():
            content = hashlib.sha256(path.read_bytes()).digest()
        size = 0 if path.is_dir() else state.st_size
        found.update(f"{path.relative_to(folder)}\0{state.st_mode}\0{size}\0{state.st_mtime_ns}\0".encode() + content)
    return found.hexdigest()


def _entries(folder: Path, skipped: frozenset[Path]) -> Iterator[Path]:
    """Folders before what they hold; no sockets, no pipes, and nothing the program itself could not read."""
    for entry in os.scandir(folder):
        path = Path(entry.path)
        if entry.is_symlink():
            yield path
        elif entry.is_dir():
            needed = entry.name not in LEFT_OUT and not any((path / name).exists() for name in NOT_NEEDED)
            if needed and path not in skipped and os.access(path, os.R_OK | os.X_OK):
                yield path
                yield from _entries(path, skipped)
        elif entry.is_file() and os.access(path, os.R_OK):
            yield path


def _bounded(paths: Iterator[Path], folder: Path, largest: int) -> Iterator[Path]:
    """The same paths, until they are too many or too large."""
    size = 0
    for count, path in enumerate(paths, 1):
        size += 0 if path.is_dir() else path.lstat().st_size
        if size > largest or count > MOST:
            limit = f"{largest / 2**30:.3g} GiB" if size > largest else f"{MOST} files"
            raise UsageError(
                f"the program's folder {folder} holds more than {limit}, too much to be copied for each run",
                hint="move the program, and the data it reads by relative paths, to a folder of their own",
            )
        yield path


def _copy_entry(path: Path, target: Path, folder: Path, shared: Path) -> None:
    if path.is_symlink():
        leads_to = path.resolve()
        inside = leads_to.is_relative_to(folder) and not path.readlink().is_absolute()
        target.symlink_to(path.readlink() if inside else leads_to)
    elif path.is_dir():
        target.mkdir()
    elif path.stat().st_size > LINK_ABOVE:
        target.symlink_to(_shared_copy(path, shared / "large"))
    else:
        _copy_file(path, target)


def _shared_copy(path: Path, place: Path) -> Path:
    """The one copy of a large file, made again if the file, or a run that could write there, has changed."""
    place.mkdir(exist_ok=True)
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    target = place / f"{name}-{path.name}"
    if not target.exists() or _stamp(target) != _stamp(path):
        new = place / f"{name}-{secrets.token_hex(4)}"
        _copy_file(path, new)
        new.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
        new.replace(target)  # two threads may do this at once: either copy will do
    return target


def _stamp(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns


def _copy_file(path: Path, target: Path) -> None:
    """Copy contents, permissions and times; the kernel shares blocks between the files where it can."""
    if hasattr(os, "copy_file_range"):
        with open(path, "rb") as old, open(target, "wb") as new:
            try:
                while os.copy_file_range(old.fileno(), new.fileno(), LINK_ABOVE):
                    pass
            except OSError:  # across file systems, or not known there
                new.truncate(0)
        if target.stat().st_size != path.stat().st_size:
            shutil.copyfile(path, target)
    else:
        shutil.copyfile(path, target)
    shutil.copystat(path, target)
    target.chmod(stat.S_IMODE(target.stat().st_mode) | stat.S_IWUSR)


def _beside(folder: Path) -> Iterator[Path]:
    """What the programs in a folder name beside it, if it is there."""
    for file in sorted(folder.glob("*")):
        if file.suffix in (".py", ".ipynb") and file.is_file() and file.stat().st_size <= LINK_ABOVE:
            text = file.read_text(errors="replace")
            upwards = [f"../{name}" for name in NAME.findall(text)] if UPWARDS.search(text) else []
            for name in dict.fromkeys([*BESIDE.findall(text), *upwards]):
                path = Path(os.path.normpath(folder / name))
                if path.exists() and path.parent.is_relative_to(folder.parent) and not folder.is_relative_to(path):
                    yield path


def _once(path: Path, target: Path, skipped: frozenset[Path]) -> None:
    """Copy a file or folder unless another thread has; never half a one."""
    if target.exists() or path in skipped:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    if path.is_dir():
        new.mkdir()
        for entry in _bounded(_entries(path, skipped), path, LARGEST):
            _copy_entry(entry, new / entry.relative_to(path), path, target.parent)
    else:
        _copy_file(path, new)
    try:
        new.rename(target)
    except OSError:  # another thread was faster
        shutil.rmtree(new, ignore_errors=True)
