"""Which cells there are: settings, which share a repair set, and what of them a run was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.weights.subjects._base import Subject
from netmend.core.errors import UsageError

KEY = ("subject", "fault", "size", "seed")
FIELDS = (*KEY, "layer", "norm", "method", "heuristic")


@dataclass(frozen=True, slots=True)
class Setting:
    """One repair set."""

    subject: Subject
    fault: str
    size: int
    seed: int

    @property
    def key(self) -> dict[str, str]:
        """As the first columns of a row."""
        return dict(zip(KEY, (self.subject.name, self.fault, str(self.size), str(self.seed)), strict=True))


class Only:
    """What a run was asked for: words such as `size=10,50`."""

    def __init__(self, words: Sequence[str]) -> None:
        self._wanted: dict[str, set[str]] = {}
        for word in words:
            field, given, values = word.partition("=")
            if field not in FIELDS or not given:
                raise UsageError(f"{word!r} is not FIELD=VALUE,...", hint=f"fields are {', '.join(FIELDS)}")
            self._wanted.setdefault(field, set()).update(values.split(","))

    def takes(self, key: Mapping[str, str]) -> bool:
        """No field of a key is something else than what was asked for."""
        return all(value in self._wanted.get(field, {value}) for field, value in key.items())


def settings(subjects: Mapping[str, Subject], only: Only, part: str, seeds: int) -> Iterator[Setting]:
    """The settings of this process: every n-th, all sizes of a seed before those of the next.

    Args:
        part: "1/2" is the first of two.
    """
    every = [
        Setting(subject, fault, size, seed)
        for seed in range(seeds)
        for subject in subjects.values()
        for fault, sizes in subject.faults.items()
        for size in sizes
    ]
    number, parts = map(int, part.split("/"))
    return (one for at, one in enumerate(filter(lambda one: only.takes(one.key), every)) if at % parts == number - 1)
