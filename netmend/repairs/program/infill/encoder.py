"""A small masked encoder, trained on public training programs, says what could stand where an element is hidden.

A Transformer reads a program as slots: each layer with all that it says, each element of the training, the words of the
program's names. In place of a hidden element it sees only of which kind it is, and answers with a chance for each value
of the kind's vocabulary. So it knows what goes with what: a loss with the last activation, a rate with the optimiser,
a layer with those around it, a number of epochs with the data that the words speak of.

Training needs PyTorch, answering only NumPy: all holes of a program of ten layers take some tens of milliseconds.

References:
    Restoring masked elements: Wang et al., "Element-based automated DNN repair with fine-tuned masked language model",
    FSE 2025. Masking: Devlin et al., "BERT", NAACL 2019. How well it does, on what it was trained and what it is not
    for: docs/infill-model.md.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Sequence as Several
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from netmend.core.errors import EnvironmentFault
from netmend.program.sequence.read import AFTER, WORD, Sequence
from netmend.program.sequence.vocabulary import ELEMENTS, KINDS, OTHER, UNKNOWN
from netmend.repairs.program.infill._base import ScorerKind, Scores
from netmend.repairs.program.infill._forward import Arrays, Floats, answers, heard
from netmend.repairs.program.infill._safetensors import read as arrays_in
from netmend.repairs.program.infill._slots import (
    ANY,
    WORDS_AFTER,
    WORDS_BEFORE,
    WRITTEN,
    Slot,
    framing,
    slots,
    symbols,
    told,
)

SHIPPED = Path(__file__).with_name("encoder.safetensors")
"""The weights that come with the package; `python -m bench.elements train` makes them anew."""

FORMAT = "1"
"""Of the file."""

# Slots of all copies of a program that are computed at once; more are not faster (own measurement).
_AT_ONCE = 2000


@dataclass(frozen=True, eq=False)
class Encoder:
    """The encoder.

    Attributes:
        members: the weights of each of its networks, as `bench/elements/network.py` names them; they answer together.
        symbols: number of each symbol. words: number of each word that it knows, from 1.
    """

    members: tuple[Arrays, ...]
    symbols: dict[str, int]
    words: dict[str, int]

    def log_probabilities(self, sequence: Sequence, position: int, candidates: Several[str]) -> Scores:
        """As `Scorer.log_probabilities`."""
        kind = sequence.tokens[position].kind
        asked = sequence.positions(*ELEMENTS) if kind in ELEMENTS else (position,)
        chances = _chances(self, sequence, asked)[position]
        numbers = {value: number for number, value in enumerate(KINDS[kind].tokens)}
        return chances[[numbers[each] for each in candidates]]

    def answers(self, sequence: Sequence, asked: Several[int]) -> Floats:
        """The logits of all symbols at some positions, each hidden by itself; shape (members, asked, symbols)."""
        found = slots(sequence)
        numbers = np.array([-1, -1, -1, *(slot.number for slot in found)])
        step = max(1, _AT_ONCE // len(numbers))
        members = []
        for arrays in self.members:
            shown = _Shown(self, arrays, sequence, found)
            parts = []
            for start in range(0, len(asked), step):
                part = asked[start : start + step]
                copies = np.stack([shown.without(position) for position in part])
                places = np.array([shown.place[position] for position in part])
                parts.append(answers(arrays, copies, places, numbers))
            members.append(np.concatenate(parts))
        return np.stack(members)


class _Shown:
    """A program's slots as vectors, with what can be taken out of them.

    Attributes:
        place: number of the slot that a position is in.
    """

    def __init__(self, encoder: Encoder, arrays: Arrays, sequence: Sequence, found: Several[Slot]) -> None:
        self._known, self._arrays, self._sequence = encoder.symbols, arrays, sequence
        self.place = {position: number for number, slot in enumerate(found, 3) for position in slot.positions}
        self._vectors = {position: self._sum(symbols(sequence, position)) for position in self.place}
        fixed = [*framing(sequence.framework), *(slot.place for slot in found)]
        self._all = np.stack([self._sum(each) for each in fixed])
        for position, number in self.place.items():
            self._all[number] += self._vectors[position]
        for number, kind in ((WORDS_BEFORE, WORD), (WORDS_AFTER, AFTER)):
            said = [token.value for token in sequence.tokens if token.kind == kind]
            known = np.array([encoder.words[word] for word in said if word in encoder.words], np.int64)
            self._all[number] += heard(arrays, known)

    def without(self, position: int) -> Floats:
        """All slots, what stands at a position hidden."""
        tokens = self._sequence.tokens
        mask = WRITTEN if tokens[position].given else ANY
        found = self._all.copy()
        found[self.place[position]] += self._sum((f"{tokens[position].kind}={mask}",)) - self._vectors[position]
        for other in told(self._sequence, position):
            found[self.place[other]] -= self._vectors[other]
            if tokens[other].kind == "learning-rate":  # that there is a rate is known, whatever the optimiser
                found[self.place[other]] += self._sum((f"learning-rate={ANY}",))
        return found

    def _sum(self, names: Iterable[str]) -> Floats:
        known = self._known
        spelled = (name if name in known else f"{name.partition('=')[0]}={OTHER}" for name in names)
        numbers = [known[name] for name in spelled if name in known]
        total: Floats = self._arrays["symbols"][numbers].sum(0)
        return total


@lru_cache(maxsize=8)
def _chances(encoder: Encoder, sequence: Sequence, asked: tuple[int, ...]) -> dict[int, Scores]:
    """For each position the logarithms of the chances of its vocabulary's values."""
    found = {}
    for position, logits in zip(asked, encoder.answers(sequence, asked).astype(float).swapaxes(0, 1), strict=True):
        kind = sequence.tokens[position].kind
        values = KINDS[kind].tokens
        numbers = [encoder.symbols.get(f"{kind}={value}", -1) for value in values]
        known = np.array([number >= 0 and value != UNKNOWN for number, value in zip(numbers, values, strict=True)])
        own = logits[:, numbers]
        powers = np.where(known, np.exp(own - own[:, known].max(-1, keepdims=True)), 0)
        # What the encoder has not learned is given the least chance that a float32 probability resolves beside 1.
        chances = (powers / powers.sum(-1, keepdims=True)).mean(0) + np.finfo(np.float32).eps
        found[position] = np.log(chances / chances.sum())
    return found


@cache
def read(path: Path | None = None) -> Encoder:
    """The encoder in a file.

    Raises:
        EnvironmentFault: there is none, it is damaged, or of another version.
    """
    path = path or SHIPPED
    try:
        arrays, text = arrays_in(path)
        if text["format"] != FORMAT:
            raise ValueError(f"format {text['format']!r}, expected {FORMAT!r}")
        symbols = {name: number for number, name in enumerate(json.loads(text["symbols"]))}
        words = {word: number for number, word in enumerate(json.loads(text["words"]), 1)}
        members: dict[str, dict[str, Floats]] = defaultdict(dict)
        for name, array in arrays.items():
            member, _, own = name.partition("/")
            members[member][own] = array.astype(np.float32)
        return Encoder(tuple(members.values()), symbols, words)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "install netmend again, or make it anew with: python -m bench.elements train"
        raise EnvironmentFault(f"the encoder cannot be read: {error}", where=str(path), hint=hint) from error


kind = ScorerKind(open=read)
