"""The journal of a study: append-only, checksummed, synced, one writer. It is the only truth about a study.

One record a line: `<crc32 of the rest, 8 hex> <json>`, where the JSON holds a sequence number, the digest of the record
before it, a kind and the data. A record is acknowledged when it is on the disk; only then may it be shown or counted.
How many are acknowledged also stands in a small second file, so that a tail that was cut off is noticed.

A torn tail (power cut, full disk) is cut off when the journal is opened, with a copy of the cut bytes beside it. A
damaged record in the middle is named and skipped; all others are used.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO

from netmend.core.errors import EnvironmentFault, StudyInUse, UsageError

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Record:
    """One acknowledged record."""

    number: int
    kind: str
    data: dict[str, Any]


class Ledger:
    """An open journal. Use as a context manager: the lock is held until it is closed.

    Attributes:
        records: what was acknowledged, in order.
        damage: sentences about what was found broken when it was opened.
    """

    def __init__(self, folder: Path) -> None:
        """Open or create the journal of a study.

        Raises:
            StudyInUse: another process holds it.
            EnvironmentFault: the folder cannot be written.
            UsageError: the folder holds a journal of another version.
        """
        self.folder = folder
        self.records: list[Record] = []
        self.damage: list[str] = []
        self._guard = threading.Lock()
        self._next, self._digest = 0, ""
        with _named(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = self._take_lock()
            # Unbuffered: after a failed write nothing may wait in memory to be written later.
            self._file = (folder / "journal.jsonl").open("a+b", buffering=0)
        try:
            self._read()
            with _named(folder):
                _sync_folder(folder)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the lock; idempotent."""
        self._file.close()
        self._lock.close()

    def append(self, kind: str, data: dict[str, Any]) -> Record:
        """Write a record and return once it is on the disk. Safe to call from several threads.

        Raises:
            EnvironmentFault: the disk is full or gone; the journal is cut back to its last good record.
        """
        with self._guard:
            record = Record(self._next, kind, data)
            line = _line(record, self._digest)
            end = self._file.seek(0, os.SEEK_END)
            try:
                _write_all(self._file, line)
                os.fsync(self._file.fileno())
                self._acknowledge(record.number, _digest(line))
            except OSError as error:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._file.fileno(), end)
                raise EnvironmentFault(
                    f"the journal cannot be written: {error.strerror}",
                    where=str(self.folder),
                    hint="free some space and continue with --resume",
                ) from error
            self.records.append(record)
            self._next, self._digest = record.number + 1, _digest(line)
            return record

    def of_kind(self, kind: str) -> Iterator[Record]:
        """The records of one kind, in order."""
        return (record for record in self.records if record.kind == kind)

    def _take_lock(self) -> BinaryIO:
        lock = (self.folder / "lock").open("a+b")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().decode(errors="replace").strip() or "another process"
            lock.close()
            raise StudyInUse(
                f"the study is in use by {holder}", where=str(self.folder), hint="wait, or use --out DIR"
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}".encode())
        lock.flush()
        return lock

    def _read(self) -> None:
        self._file.seek(0)
        content = self._file.readall()
        good = content.rfind(b"\n") + 1
        if good < len(content):
            (self.folder / f"journal.torn-{good}").write_bytes(content[good:])
            os.ftruncate(self._file.fileno(), good)
            self.damage.append(f"the last record was torn ({len(content) - good} bytes) and has been set aside")
        for number, line in enumerate(content[:good].splitlines(keepends=True)):
            self._read_line(number, line)
        self._check_acknowledged()

    def _read_line(self, number: int, line: bytes) -> None:
        parsed = _parse(line)
        if parsed is None:
            self.damage.append(f"record {number} is damaged and is left out")
        else:
            if parsed["schema"] != SCHEMA:
                raise UsageError(
                    f"the study has journal schema {parsed['schema']}; this version of netmend reads {SCHEMA}",
                    where=str(self.folder),
                    hint="use --out with a new folder",
                )
            if self._digest and parsed["before"] != self._digest and not self.damage:
                self.damage.append(f"a record before record {parsed['n']} is missing")
            self.records.append(Record(parsed["n"], parsed["kind"], parsed["data"]))
            self._next = parsed["n"] + 1
        self._next = max(self._next, number + 1)
        self._digest = _digest(line)

    def _check_acknowledged(self) -> None:
        try:
            count, digest = (self.folder / "journal.ack").read_text().split()
        except (OSError, ValueError):
            return
        if int(count) >= self._next:
            self.damage.append(f"{int(count) + 1 - self._next} acknowledged records are missing at the end")
        elif int(count) == self._next - 1 and digest != self._digest:
            self.damage.append("the last record is not the one that was acknowledged")

    def _acknowledge(self, number: int, digest: str) -> None:
        path = self.folder / "journal.ack"
        new = path.with_suffix(".new")
        with new.open("w") as file:
            file.write(f"{number} {digest}")
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)


def _write_all(file: FileIO, content: bytes) -> None:
    written = 0
    while written < len(content):
        count = file.write(content[written:])
        if not count:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written += count


def _line(record: Record, before: str) -> bytes:
    body = {"schema": SCHEMA, "n": record.number, "before": before, "kind": record.kind, "data": record.data}
    text = json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _parse(line: bytes) -> dict[str, Any] | None:
    checksum, _, text = line.rstrip(b"\n").partition(b" ")
    try:
        if int(checksum, 16) != zlib.crc32(text) or len(checksum) != 8:
            return None
        body = json.loads(text)
    except ValueError:
        return None
    return body if isinstance(body, dict) and {"schema", "n", "before", "kind", "data"} <= body.keys() else None


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()[:16]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _named(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EnvironmentFault(
            f"the study folder cannot be used: {error.strerror}",
            where=str(folder),
            hint="choose another with --out DIR",
        ) from error
