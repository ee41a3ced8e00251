"""Encoder, counts and neighbours together: the default, better than each and sure of itself as often as it is right.

The chance of a value is the product of what the three say, each to a power of its own, over the sum of that for all
values of the kind. The powers say how far each is to be trusted for a kind of element, and how sure the result may be:
they were chosen, kind by kind, so that the right values of programs by authors left out are as likely as can be. Kinds
that are no elements are the encoder's alone.

References:
    Products of experts: Hinton, "Training products of experts by minimizing contrastive divergence", Neural Computation
    14, 2002, with powers as in logarithmic opinion pools (Heskes, "Selecting weighting factors in logarithmic opinion
    pools", NIPS 1997). A single power is temperature scaling (Guo et al., "On calibration of modern neural networks",
    ICML 2017). That counts add to what is learned: own measurement, docs/infill-model.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from netmend.core.errors import EnvironmentFault
from netmend.program.sequence.read import Sequence
from netmend.program.sequence.vocabulary import KINDS
from netmend.repairs.program.infill import counts, encoder, neighbours
from netmend.repairs.program.infill._base import Scorer, ScorerKind, Scores

SHIPPED = Path(__file__).with_name("mixture.json")
"""The powers that come with the package; `python -m bench.elements mix` chooses them anew."""

FORMAT = 1
"""Of the file."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """The mixture.

    Attributes:
        scorers: what is mixed. powers: by kind, how much each of them counts; 1 of the first for kinds not named.
    """

    scorers: tuple[Scorer, ...]
    powers: Mapping[str, Several[float]]

    def log_probabilities(self, sequence: Sequence, position: int, candidates: Several[str]) -> Scores:
        """As `Scorer.log_probabilities`."""
        kind = sequence.tokens[position].kind
        values = KINDS[kind].tokens
        heeded = [pair for pair in zip(self.powers.get(kind, (1.0,)), self.scorers, strict=False) if pair[0]]
        said = [each.log_probabilities(sequence, position, values) for _, each in heeded]
        mixed = pooled(said, [power for power, _ in heeded])
        return mixed[[values.index(each) for each in candidates]]


def pooled(logarithms: Several[Scores], powers: Several[float]) -> Scores:
    """The logarithms of chances that go like products of powers of others, along the last axis; they add up to 1."""
    product = sum(power * each for power, each in zip(powers, logarithms, strict=True))
    found: Scores = product - np.logaddexp.reduce(product, axis=-1, keepdims=True)
    return found


def experts() -> tuple[Scorer, ...]:
    """What is mixed: encoder, counts and neighbours, as they come with the package."""
    return encoder.read(None), counts.read(None), neighbours.read(None)


@cache
def read(path: Path | None = None) -> Mixture:
    """The mixture whose powers are in a file, of the scorers that come with the package.

    Raises:
        EnvironmentFault: there is none, it is damaged, or of another version.
    """
    path = path or SHIPPED
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            raise ValueError(f"format {found['format']!r}, expected {FORMAT}")
        powers = {kind: tuple(map(float, each)) for kind, each in found["powers"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "install netmend again, or choose them anew with: python -m bench.elements mix"
        raise EnvironmentFault(
            f"the powers of the mixture cannot be read: {error}", where=str(path), hint=hint
        ) from error
    return Mixture(experts(), powers)


kind = ScorerKind(open=read)
