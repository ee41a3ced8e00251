"""Clones of public repositories, read with `git ls-tree` and `git cat-file` and nothing else.

Work trees and bare repositories alike; what is read is the newest commit, not the files that lie in the folder.
No hook, filter or remote of a clone is used.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from netmend.core.errors import UsageError

# Deepest folder below the given one that is searched for clones (own choice: owner/name/repository).
_DEEPEST = 3
_URL = re.compile(r"[/:]([^/:]+)/([^/]+?)(?:\.git)?/?$")
_ENVIRONMENT = {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a commit: its path, the id of its content, and its size in bytes."""

    path: str
    blob: str
    size: int


@dataclass(frozen=True)
class Clone:
    """One clone.

    Attributes:
        git: its git directory. name: "owner/name", as its origin or its folder says. commit: the newest one.
    """

    git: Path
    name: str
    commit: str

    def entries(self) -> tuple[Entry, ...]:
        """The files of the commit."""
        listed = _git(self.git, "ls-tree", "-r", "-l", "-z", self.commit).decode(errors="replace")
        found = []
        for line in listed.split("\0"):
            about, _, path = line.partition("\t")
            parts = about.split()
            if len(parts) == 4 and parts[1] == "blob" and parts[0] != "120000":
                found.append(Entry(path, parts[2], int(parts[3]) if parts[3].isdigit() else 0))
        return tuple(found)

    def contents(self, blobs: Iterator[str] | tuple[str, ...]) -> Mapping[str, bytes]:
        """The contents of files by id; those that the clone does not hold are left out."""
        wanted = tuple(dict.fromkeys(blobs))
        out = _git(self.git, "cat-file", "--batch", given="\n".join(wanted).encode() + b"\n") if wanted else b""
        found, at = {}, 0
        while at < len(out):
            end = out.index(b"\n", at)
            header = out[at:end].split()
            at = end + 1
            if len(header) == 3:
                size = int(header[2])
                found[header[0].decode()] = out[at : at + size]
                at += size + 1
        return found


def clones(folder: Path) -> tuple[Clone, ...]:
    """The clones in a folder, or the one that it is, by name.

    Raises:
        UsageError: there is none.
    """
    found = sorted(_clones(folder.resolve(), _DEEPEST), key=lambda each: each.name)
    if not found:
        raise UsageError("no clone of a repository here", where=str(folder), hint="name a folder that git has cloned")
    return tuple(found)


def _clones(folder: Path, deeper: int) -> Iterator[Clone]:
    for git in (folder / ".git", folder):
        if (git / "HEAD").is_file() and (git / "objects").is_dir():
            try:
                commit = _git(git, "rev-parse", "--verify", "HEAD").decode().strip()
            except UsageError:
                return  # without a commit there is nothing to read
            yield Clone(git, _name(git, folder), commit)
            return
    if deeper and folder.is_dir():
        for inner in sorted(folder.iterdir()):
            if inner.is_dir() and not inner.is_symlink():
                yield from _clones(inner, deeper - 1)


def _name(git: Path, folder: Path) -> str:
    """From `owner+name` among the folders, else from the address of the origin, else the folder's own name."""
    for part in reversed(folder.parts):
        if part.count("+") == 1:
            return part.replace("+", "/")
    try:
        url = _git(git, "config", "--local", "--get", "remote.origin.url").decode().strip()
    except UsageError:
        url = ""
    found = _URL.search(url)
    return f"{found[1]}/{found[2]}" if found else folder.name


def _git(git: Path, *arguments: str, given: bytes | None = None) -> bytes:
    run = subprocess.run(
        ["git", f"--git-dir={git}", "-c", f"safe.directory={git}", "-c", "core.fsmonitor=false", *arguments],
        input=given,
        stdin=None if given is not None else subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, **_ENVIRONMENT},
        check=False,
    )
    if run.returncode:
        what = run.stderr.decode(errors="replace").strip().splitlines()
        raise UsageError(f"git cannot read a clone: {what[-1] if what else run.returncode}", where=str(git))
    return run.stdout
