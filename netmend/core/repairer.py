"""The two roles of a repair: who knows the subject, and who has ideas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from netmend.core.records import Diagnosis, Draw, Trial, Verdict


class Patch(Protocol):
    """A candidate change of the subject. Frozen; the kind defines it, core names these members."""

    @property
    def id(self) -> str:
        """Hash of the content: the same change has the same id in every process."""

    @property
    def size(self) -> int:
        """How many separate changes it makes; 0 is the empty patch."""

    def describe(self) -> str:
        """One line for a person."""

    def smaller(self) -> Iterable[Patch]:
        """Every patch with one part of this one undone, most dispensable part first."""

    def write(self, folder: Path) -> None:
        """Write the patched subject into a copy of its folder."""


P = TypeVar("P", bound=Patch)
E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)


def worth(trial: Trial[P, E]) -> float:
    """The score, less what the changes have to earn: of two patches that do about the same the smaller one wins."""
    return trial.verdict.score - trial.verdict.matters * trial.patch.size


@dataclass(frozen=True, slots=True)
class Proposal(Generic[P]):
    """What a proposer wants tried, and how hard.

    Attributes:
        runs: at most so many runs; the repairer may stop earlier when the answer is clear.
        effort: share of the full work, in (0, 1]; below 1 the trial can only rank.
        reason: why this one now, for the progress line and the report.
    """

    patch: P
    runs: int = 1
    effort: float = 1.0
    reason: str = ""


class Proposer(Protocol[P, E]):
    """Ask and tell. Blind proposers wrap an iterator in `Listed`."""

    def ask(self) -> Proposal[P] | None:
        """The next proposal, or None when there is nothing left to propose."""

    def tell(self, trial: Trial[P, E]) -> None:
        """The whole trial, in the order of asking."""


class Listed(Generic[P, E]):
    """A proposer out of any iterator of patches: it needs no answer."""

    def __init__(self, patches: Iterable[P], runs: int = 1) -> None:
        self._patches: Iterator[P] = iter(patches)
        self._runs = runs

    def ask(self) -> Proposal[P] | None:
        """The next of the list."""
        patch = next(self._patches, None)
        return None if patch is None else Proposal(patch, self._runs)

    def tell(self, trial: Trial[P, E]) -> None:
        """Nothing is learnt from it."""


class Observation(Protocol[E_co]):
    """What looking at the subject gave. The kind defines it; the loop needs the evidence inside."""

    @property
    def evidence(self) -> E_co:
        """The unpatched subject on the baseline draw; these runs are never paid for twice."""


O = TypeVar("O", bound="Observation[object]")


class Repairer(Protocol[O, P, E]):
    """The five steps, and five small questions only the kind can answer.

    The order in which they are taken is written in `netmend.core.loop` alone.
    O is the kind's observation, P its patch, E its evidence.
    """

    def observe(self, draw: Draw) -> O:
        """Look at the unpatched subject."""

    def diagnose(self, observation: O) -> Diagnosis:
        """Findings and ranked suspects."""

    def propose(self, observation: O, diagnosis: Diagnosis) -> Proposer[P, E]:
        """A proposer that starts from the subject as it is."""

    def try_out(self, patch: P, draw: Draw) -> E:
        """Measure a patched copy; thread-safe. Expected failures are evidence, not exceptions."""

    def judge(self, before: E, after: E) -> Verdict:
        """What the difference between two samples amounts to."""

    def nothing(self) -> P:
        """The empty patch."""

    def satisfied(self, evidence: E) -> bool:
        """Does the requirement hold on the whole sample? False if there is no requirement to hold."""

    def pool(self, one: E, other: E) -> E:
        """Two samples of the same subject as one."""

    def keeps(self, full: E, smaller: E) -> bool:
        """Does a smaller patch do everything the full one did? Shown, not merely not refuted."""

    def rediagnose(self, observation: O, patch: P, evidence: E) -> Diagnosis:
        """What is left to find in a patched subject."""
