"""ZIP files whose entries are overwritten in place: the same bytes everywhere else, and right checksums.

References: PKWARE, APPNOTE.TXT (ZIP File Format Specification) 6.3.10, sections 4.3.7, 4.3.9 and 4.3.12.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from netmend.core.errors import BrokenFile

_LOCAL, _CENTRAL, _DESCRIPTOR = b"PK\x03\x04", b"PK\x01\x02", b"PK\x07\x08"
_LOCAL_SIZE, _CENTRAL_SIZE = 30, 46
_HAS_DESCRIPTOR = 0x08


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in the archive: where its bytes begin, how many there are, and where their checksum is written."""

    start: int
    size: int
    checksums: tuple[int, ...]


def entries(data: bytes, where: str) -> Mapping[str, Entry]:
    """Every entry by name.

    Raises:
        BrokenFile: not a whole archive, or one with packed, overlapping or repeated entries. Nothing is unpacked, so a
            small file cannot ask for much memory.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            listed, directory = archive.infolist(), archive.start_dir
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, struct.error) as error:
        raise BrokenFile(f"{where} is not a whole archive: {error}", hint="copy or save it again") from error
    found: dict[str, Entry] = {}
    at = directory
    for info in listed:
        head = data[info.header_offset : info.header_offset + _LOCAL_SIZE]
        if head[:4] != _LOCAL or len(head) < _LOCAL_SIZE or data[at : at + 4] != _CENTRAL:
            raise BrokenFile(f"{where} is damaged near {info.filename!r}", hint="copy or save it again")
        name, extra = struct.unpack("<HH", head[26:30])
        start = info.header_offset + _LOCAL_SIZE + name + extra
        end = start + info.file_size
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1 or info.file_size != info.compress_size:
            raise BrokenFile(
                f"{where} holds {info.filename!r} packed or encrypted, which its own program does not do",
                hint="save the network again with the program that made it",
            )
        if end > directory or info.filename in found:
            raise BrokenFile(f"{where} is damaged: {info.filename!r} does not fit", hint="copy or save it again")
        sums = [at + 16]
        if info.flag_bits & _HAS_DESCRIPTOR:
            sums.append(end + 4 if data[end : end + 4] == _DESCRIPTOR else end)
        if head[14:18] != b"\0\0\0\0":
            sums.append(info.header_offset + 14)
        found[info.filename] = Entry(start, info.file_size, tuple(sums))
        at += _CENTRAL_SIZE + sum(struct.unpack("<HHH", data[at + 28 : at + 34]))
    spans = sorted((entry.start, entry.start + entry.size) for entry in found.values())
    if any(end > start for (_, end), (start, _) in pairwise(spans)):
        raise BrokenFile(f"{where} holds entries that overlap", hint="only use such a file if you know who made it")
    return found


def contents(data: bytes, entry: Entry) -> bytes:
    """The bytes of an entry."""
    return data[entry.start : entry.start + entry.size]


def renew_checksums(data: bytearray, changed: Iterable[Entry]) -> None:
    """Write the checksums of entries that have been overwritten."""
    for entry in changed:
        total = struct.pack("<I", zlib.crc32(memoryview(data)[entry.start : entry.start + entry.size]))
        for place in entry.checksums:
            data[place : place + 4] = total
