"""All models of one clone: what is read, what cannot be, and what each model is as a sequence."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from netmend.core.errors import NetmendError, UsageError
from netmend.corpus import modules, spelling, split, texts
from netmend.corpus.clones import Clone, Entry
from netmend.corpus.licences import licence_files, licence_of
from netmend.corpus.records import Example, example_of
from netmend.program.sequence.read import Sequence, sequence_of
from netmend.program.source import Program

FORMAT = 1
"""Of what is kept of a clone."""

# Larger files hold data or outputs (own choice): bytes of a script, and of a notebook with its pictures.
_LARGEST = {".py": 1 << 20, ".ipynb": 40 << 20}
# Longest program that is read, in characters (own choice: what takes longer than some seconds).
_LONGEST = 60_000
_PASSED_OVER = re.compile(
    r"(?:^|/)(?:tests?|testing|site-packages|node_modules|v?env|third_party|\.ipynb_checkpoints)/"
    r"|(?:^|/)test_[^/]*$|_test\.(?:py|ipynb)$|-checkpoint\.ipynb$",
    re.IGNORECASE,
)
"""Copies of other people's code, and tests, whose settings are chosen to be quick and not to be good."""

_TRAINS = re.compile(rb"\.compile\s*\(|\.backward\s*\(|optim(?:izers)?\.\w+\s*\(")
_FRAMEWORKS = re.compile(rb"keras|tensorflow|torch")


@dataclass(frozen=True, slots=True)
class Extract:
    """What is kept of a clone, in the order of paths.

    Attributes:
        counts: "files" that train something, "unread" ones, "lines" left out, "programs", one for each model, and
            "too long", "not read" and "without layers" ones among them.
    """

    repository: str
    commit: str
    licence: str
    counts: Counter[str]
    examples: tuple[Example, ...]

    def write(self, path: Path) -> None:
        """Write it to a file: a line about the clone, then a line for each model."""
        about = {"format": FORMAT, "repository": self.repository, "commit": self.commit, "licence": self.licence}
        lines = [json.dumps(about | {"counts": dict(self.counts)}), *(each.line() for each in self.examples)]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Extract:
        """Read what `write` has written.

        Raises:
            UsageError: it is something else.
        """
        try:
            first, *lines = path.read_text(encoding="utf-8").splitlines()
            about = json.loads(first)
            if about["format"] != FORMAT:
                raise ValueError(f"format {about['format']}, expected {FORMAT}")
            examples = tuple(example_of(json.loads(line)) for line in lines)
            return cls(about["repository"], about["commit"], about["licence"], Counter(about["counts"]), examples)
        except (OSError, ValueError, KeyError, TypeError) as error:
            hint = "delete it to read the clone again"
            raise UsageError(f"this is no extract of a clone: {error}", where=str(path), hint=hint) from error


def extract(clone: Clone, licences: Iterable[str] | None = None) -> Extract:
    """Read a clone.

    Args:
        licences: those whose programs are read; all if None.
    """
    entries = clone.entries()
    tops = {each.path: each.blob for each in entries if each.path in set(licence_files(e.path for e in entries))}
    held = clone.contents(tuple(tops.values()))
    licence = licence_of(held[blob].decode(errors="replace") for blob in tops.values() if blob in held)
    counts: Counter[str] = Counter()
    if licences is not None and licence not in set(licences):
        return Extract(clone.name, clone.commit, licence, counts, ())
    reader = _Reader(clone, entries, counts)
    examples = [Example(clone.name, clone.commit, licence, "", path, sequence) for path, sequence in reader.models()]
    return Extract(clone.name, clone.commit, licence, counts, tuple(examples))


class _Reader:
    def __init__(self, clone: Clone, entries: Iterable[Entry], counts: Counter[str]) -> None:
        self._clone, self.counts = clone, counts
        self._blobs = {each.path: each for each in entries if each.size <= _LARGEST.get(Path(each.path).suffix, 0)}
        self._trees: dict[str, ast.Module | None] = {}
        scripts = (each.blob for path, each in self._blobs.items() if path.endswith(".py"))
        self._held = dict(clone.contents(tuple(scripts)))

    def models(self) -> Iterator[tuple[str, Sequence]]:
        """Hash of the path and sequence of each model, equal programs of one file once."""
        for path, entry in sorted(self._blobs.items()):
            if _PASSED_OVER.search(path):
                continue
            raw = self._held.get(entry.blob) or self._clone.contents((entry.blob,)).get(entry.blob, b"")
            if _TRAINS.search(raw) and (_FRAMEWORKS.search(raw) or path.endswith(".py")):
                self.counts["files"] += 1
                name = hashlib.sha256(path.encode()).hexdigest()[:16]
                for text in self._programs(raw, path):
                    found = self._sequence(text)
                    if found is not None:
                        yield name, found

    def _programs(self, raw: bytes, path: str) -> Iterator[str]:
        text = texts.read(raw, path)
        if text is None:
            self.counts["unread"] += 1
            return
        self.counts["lines"] += text.left_out
        try:
            whole = modules.with_modules(spelling.modernised(text.tree), path, self._module)
            programs = list(dict.fromkeys(ast.unparse(each) for each in split.programs(whole)))
        except RecursionError:
            self.counts["unread"] += 1
            return
        self.counts["programs"] += len(programs)
        yield from programs

    def _module(self, path: str) -> ast.Module | None:
        if path not in self._trees:
            entry = self._blobs.get(path)
            raw = self._held.get(entry.blob) if entry else None
            text = texts.read(raw, path) if raw is not None else None
            self._trees[path] = None if text is None else spelling.modernised(text.tree)
        return self._trees[path]

    def _sequence(self, text: str) -> Sequence | None:
        if len(text) > _LONGEST:
            self.counts["too long"] += 1
            return None
        try:
            sequence = sequence_of(Program.from_text(text))
        except (NetmendError, RecursionError):
            self.counts["not read"] += 1
            return None
        if sequence is None:
            self.counts["without layers"] += 1
        return sequence
