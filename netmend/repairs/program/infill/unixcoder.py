"""A code model from the Hugging Face hub, or from a folder, reads the program's text and says what stands in a hole.

The published design: an encoder-decoder that sees the program with one element cut out and writes the element back.
Any model for text that `transformers` can load will do, of four kinds:

- *UniXcoder* (`microsoft/unixcoder-base` and what was fine-tuned from it): one Transformer that reads the program as a
  whole and then writes from left to right.
- *encoder-decoder* (CodeT5, BART, ...): the hole is the model's mask, or its first sentinel.
- *masked* (CodeBERT, ...): candidates are scored by pseudo-log-likelihood; it writes nothing by itself.
- *decoder* (CodeGPT, ...): what stands in the hole is followed by what stands behind it.

Like every scorer it ranks the legal candidates, each as it would be written. Besides, it writes free text by beam
search; what netmend can read as a value of the element is proposed too, though it be no legal candidate.

    netmend repair train.py --proposer infill --filler unixcoder --model microsoft/unixcoder-base

It needs `pip install 'netmend[hub]'`, and the models are large: seconds for each hole on a processor.
`python -m bench.elements finetune` fine-tunes one on correct programs, as published.

References:
    Wang et al., "Element-based automated DNN repair with fine-tuned masked language model", FSE 2025. Guo et al.,
    "UniXcoder", ACL 2022, section 3.1. Pseudo-log-likelihood: Salazar et al., "Masked language model scoring", ACL
    2020.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from collections.abc import Sequence as Several
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from netmend.core.errors import UsageError
from netmend.program.elements._find import find_all
from netmend.program.sequence.read import Sequence, sequence_of
from netmend.program.sequence.vocabulary import ELEMENTS, KINDS
from netmend.program.source import Program
from netmend.repairs.program.infill._base import Filler, Scorer, ScorerKind, Scores, Wish, Wishes
from netmend.repairs.program.infill._hub import Hub, load
from netmend.repairs.program.infill._spelled import Spelling

UNSPELLED = -20.0
"""Logarithm of the chance of what cannot be written in a hole, below any that can: one in 500 million. Own choice."""


@dataclass(frozen=True, eq=False)
class Reader:
    """A model that has a program before it."""

    hub: Hub
    spelling: Spelling

    def log_probabilities(self, sequence: Sequence, position: int, candidates: Several[str]) -> Scores:
        """As `Scorer.log_probabilities`."""
        known = _chances(self, sequence, position)
        return np.array([known[each] for each in candidates])

    def wishes(self, program: Program) -> Wishes:
        """What the model writes into each hole, where that is a value and not the one that stands there."""
        sequence = sequence_of(program)
        elements = {element.id: element for element in find_all(program)}
        found: dict[tuple[str, str], Wish] = {}
        refused = {"no such value": 0}
        for position in sequence.positions(*ELEMENTS) if sequence is not None else ():
            assert sequence is not None
            token = sequence.tokens[position]
            hole = self.spelling.hole(sequence, position, (*KINDS[token.kind].values, token.value))
            if hole is None or token.value not in hole.spellings:
                continue
            element = elements[token.element]
            texts = self.hub.written(hole.left, hole.right)
            present = hole.spellings[token.value]
            own = self.hub.log_likelihoods(hole.left, hole.right, [present])[0] if texts else -math.inf
            for text, chance in texts:
                value = self.spelling.read(element, hole, text)
                if value is None:
                    refused["no such value"] += 1
                elif value != element.value:
                    why = f"{self.hub.name} writes {text.strip()!r}"
                    found.setdefault((element.id, str(value)), Wish({element.id: value}, chance - own, why))
        return Wishes(tuple(sorted(found.values(), key=lambda wish: -wish.gain)), refused)


@lru_cache(maxsize=4096)
def _chances(reader: Reader, sequence: Sequence, position: int) -> dict[str, float]:
    """The logarithm of the chance of each token of the kind's vocabulary."""
    token = sequence.tokens[position]
    tokens = KINDS[token.kind].tokens
    base = reader.spelling.element(sequence, position)
    present = "" if base is None else KINDS[base.kind].token(base.value)
    hole = reader.spelling.hole(sequence, position, tuple(dict.fromkeys((*tokens, present))) if present else tokens)
    if hole is None:
        return dict.fromkeys(tokens, -math.log(len(tokens)))
    texts = list(dict.fromkeys(hole.spellings.values()))
    scores = dict(zip(texts, reader.hub.log_likelihoods(hole.left, hole.right, texts), strict=True))
    logs = np.array([scores[hole.spellings[each]] if each in hole.spellings else -np.inf for each in tokens])
    best = logs[np.isfinite(logs)].max()
    chances = np.where(np.isfinite(logs), np.exp(logs - best), 0) / np.exp(logs[np.isfinite(logs)] - best).sum()
    chances = np.maximum(chances, math.exp(UNSPELLED))
    return dict(zip(tokens, np.log(chances / chances.sum()).tolist(), strict=True))


@cache
def _read(name: str) -> Hub:
    if not name:
        hint = "for example --model microsoft/unixcoder-base, or the folder of a model"
        raise UsageError("the filler unixcoder needs a model", where="--model", hint=hint)
    return load(name)


def _open(path: Path | None) -> Scorer:
    return _Unread(_read("" if path is None else str(path)))


def _connect(filler: Filler) -> Scorer:
    return _Unread(_read(filler.model))


@dataclass(frozen=True, eq=False)
class _Unread:
    """A model without a program: it knows nothing of a sequence alone."""

    hub: Hub

    def log_probabilities(self, sequence: Sequence, position: int, candidates: Several[str]) -> Scores:
        """As `Scorer.log_probabilities`, all values alike."""
        return np.full(len(candidates), -math.log(len(KINDS[sequence.tokens[position].kind].tokens)))


def _of_program(scorer: _Unread, program: Program) -> Scorer:
    return Reader(scorer.hub, Spelling(program, scorer.hub.blank))


def _wishes(scorer: Reader, program: Program) -> Wishes:
    return scorer.wishes(program)


def training_holes(program: Program) -> Iterator[tuple[str, str, str]]:
    """Every written element of a program, cut out in turn: what stands before, what is cut out, what stands behind."""
    sequence = sequence_of(program)
    if sequence is None:
        return
    elements = {element.id: element for element in find_all(program)}
    for position in sequence.positions(*ELEMENTS):
        element = elements.get(sequence.tokens[position].element)
        if element is not None and not element.absent:
            text = program.file(element.place.file).text
            yield text[: element.start], text[element.start : element.end], text[element.end :]


kind = ScorerKind(open=_open, connect=_connect, of_program=_of_program, wishes=_wishes)
