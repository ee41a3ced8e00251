"""What a model of faulty programs says of the runs of another one, and how much that counts beside its findings.

After DeepFD (Cao et al., ICSE 2022): mutants of correct programs are trained, and a classifier learns from features of
their runs which kind of element is at fault. Unlike there it does not decide by itself: it is one source of suspicion
beside rules and symptoms, it accuses nothing that no finding points to, and it knows only that a run looks like others.
`bench/localiser` holds the runs, makes the model and measures it (docs/localiser.md).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from netmend.core.errors import EnvironmentFault
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit
from netmend.repairs.program.learned.features import features
from netmend.repairs.program.learned.forest import Forest, Table
from netmend.training.symptoms._base import Reading
from netmend.training.trace import Trace

SHIPPED = Path(__file__).with_name("model.json")
"""The model that comes with the package; `python -m bench.localiser train` makes it anew."""

FORMAT = 1
"""Of the file."""


def fault(element: Element) -> str:
    """What the model tells apart: kinds of elements, and among activations that of the output."""
    if element.kind != "activation":
        return element.kind
    return "output activation" if element.role == "output" else "hidden activation"


@dataclass(frozen=True, slots=True)
class Weights:
    """How findings and the model are put together. All three are chosen where the model is made, on held-out programs.

    Attributes:
        findings: what a score from findings counts for beside the model, which has seen the same findings.
        model: what the model's chances count for.
        named: suspects are named whose score is at least this share of the first one's.
    """

    findings: float
    model: float
    named: float


@dataclass(frozen=True, slots=True)
class Experience:
    """What the model says of one program.

    Attributes:
        chances: by fault, of those that it has learned; they add up to 1.
        runs: how many runs of faulty programs it was made from.
    """

    chances: Mapping[str, float]
    weights: Weights
    runs: int

    def of(self, elements: Sequence[Element]) -> list[float | None]:
        """The chance of each element to be at fault: a kind's is shared out among its elements.

        None for elements of kinds that were at fault in none of the runs: it cannot speak of them.
        """
        faults = list(map(fault, elements))
        return [self.chances[each] / faults.count(each) if each in self.chances else None for each in faults]

    def sentence(self, chance: float) -> str:
        """A chance for a person; empty if it rounds to nothing."""
        return f"{chance:.0%} by likeness to {self.runs} faulty runs" if chance >= 0.005 else ""

    def joined(self, scores: Sequence[float], chances: Sequence[float | None]) -> list[float]:
        """Scores from findings together with chances: noisy-or, as findings among each other, on the scale of before.

        The highest score stays what it was: the model changes an order, it does not make a program more suspect.

        Args:
            scores: of all elements. chances: of the same; None where it cannot speak of one, whose score stays.
        """
        both = {
            at: 1 - (1 - self.weights.findings * scores[at]) * (1 - self.weights.model * chance)
            for at, chance in enumerate(chances)
            if chance is not None
        }
        scale = max(scores[at] for at in both) / max(both.values()) if both else 1.0
        return [scale * both[at] if at in both else score for at, score in enumerate(scores)]


@dataclass(frozen=True, slots=True)
class Model:
    """A forest, how much it counts, and how many runs it was made from."""

    forest: Forest
    weights: Weights
    runs: int

    def __call__(
        self,
        traces: Sequence[Trace],
        fired: Sequence[Sequence[tuple[str, Reading]]],
        hits: Sequence[tuple[str, Hit]],
    ) -> Experience | None:
        """What it says of a program: the mean over its runs. None if there are no runs.

        Args:
            traces: of the runs. fired: the symptoms of each run. hits: static rules that fired.
        """
        if not traces:
            return None
        said = [self.forest(features(trace, each, hits)) for trace, each in zip(traces, fired, strict=True)]
        chances = {name: sum(each[name] for each in said) / len(said) for name in self.forest.classes}
        return Experience(chances, self.weights, self.runs)


@cache
def read(path: Path = SHIPPED) -> Model | None:
    """The model in a file; None if there is no such file: findings alone rank then.

    Raises:
        EnvironmentFault: the file is damaged, or of another version.
    """
    if not path.is_file():
        return None
    hint = "install netmend again, or delete the file to rank by findings alone"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            raise ValueError(f"format {found['format']!r}, expected {FORMAT}")
        table = Table(tuple(found["names"]), tuple(found["missing"]))
        forest = Forest(table, tuple(found["classes"]), tuple(found["trees"]))
        return Model(forest, Weights(**found["weights"]), found["runs"])
    except (ValueError, KeyError, TypeError) as error:
        raise EnvironmentFault(f"the learned model cannot be read: {error}", where=str(path), hint=hint) from error
