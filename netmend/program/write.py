"""Putting patched bytes where a file was: in a copy of the folder, or, on demand, in the user's own file."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from netmend.core.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from netmend.program.edits import SourcePatch
    from netmend.program.source import Program


def replace_file(path: Path, raw: bytes, *, durable: bool = False) -> None:
    """Make a file hold these bytes, all or nothing: a crash leaves the old file or the new one.

    Durable means that a power failure does not undo it; copies that live for one run can do without.
    The permissions of an existing file are kept. A link at `path` is replaced; what it leads to stays as it is.

    Raises:
        EnvironmentFault: the folder cannot be written, or the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(raw)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            Path(temporary).chmod(stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise EnvironmentFault(f"cannot write: {error.strerror}", where=str(path)) from None


def apply_to_user_file(program: Program, patch: SourcePatch, backup_suffix: str = ".orig") -> tuple[Path, ...]:
    """Write a patch into the user's own files.

    A backup lies beside each changed file: its name and the suffix, and a number where that name is taken.
    Nothing is written unless every changed file still has the bytes that were read.

    Args:
        program: as it was read; the patch is a patch of it.

    Returns:
        The backups, in the order of the files.

    Raises:
        UsageError: a file changed, or went away, since it was read.
        EnvironmentFault: a file or backup cannot be written; names the backups made so far.
    """
    changed = [((program.folder / name).resolve(), old, new) for name, old, new in patch.changed_files]
    for path, old, _ in changed:
        if not path.is_file() or path.read_bytes() != old:
            raise UsageError(
                "the file changed since it was read; the patch was not applied",
                where=str(path),
                hint="apply the diff by hand, or repair the program as it is now",
            )
    backups = []
    try:
        for path, old, _ in changed:
            backups.append(_backup(path, old, backup_suffix))
        for path, _, new in changed:
            replace_file(path, new, durable=True)
    except (OSError, EnvironmentFault) as error:
        kept = ", ".join(str(backup) for backup in backups)
        raise EnvironmentFault(
            "the patch could not be written", where=str(error), hint=f"the originals: {kept}" if kept else ""
        ) from None
    return tuple(backups)


def _backup(path: Path, raw: bytes, suffix: str) -> Path:
    number = 0
    while True:
        backup = path.with_name(path.name + suffix + (f".{number}" if number else ""))
        try:
            with open(backup, "xb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            number += 1
            continue
        backup.chmod(stat.S_IMODE(path.stat().st_mode))
        return backup
