"""Train the encoder on the training share of a corpus, in steps that can be interrupted and taken up again.

Each member of the encoder is a network of its own, from another seed; they answer together. Every so many steps the
running average of the weights is scored on hidden elements of the validation share and written beside all that the
training needs to go on. What is shipped is the average at the end, in 16 bits.
"""

from __future__ import annotations

import csv
import json
import math
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Several
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bench.elements.holes import written
from bench.elements.masking import KIND_NUMBERS, Masked, asked, batch_of, drawn, of_kind, prepared
from bench.elements.network import Batch, Encoder, Size
from netmend.corpus.records import Example, read
from netmend.program.sequence.read import AFTER, WORD
from netmend.program.sequence.vocabulary import ELEMENTS
from netmend.repairs.program.infill import encoder as shipped
from netmend.repairs.program.infill._safetensors import write
from netmend.repairs.program.infill._slots import SYMBOLS

RECORDS = Path(__file__).with_name("encoder")
"""Settings and logs of the training whose result is shipped."""

WORK = Path("netmend-out/encoder")
"""Where a training keeps what it needs to go on."""

POOL = 32
"""Batches whose programs are drawn at once and sorted by length."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train.

    Attributes:
        seeds: of each member, for all that is drawn.
        width, layers, heads, inner: of the network. families: words that fewer families use are not known.
        steps, batch, warming: of the training; the rate rises for so many steps, then falls as a cosine.
        rate: the highest. decay: of weights. dropout, smoothing: of the network and of what is right.
        average: the share of the running average of weights that a step keeps.
        damping: a family with n programs counts as n^(1 - damping).
        every: steps between scores. holes: most hidden elements of a kind that are scored.
    """

    seeds: tuple[int, ...] = (0,)
    width: int = 160
    layers: int = 4
    heads: int = 5
    inner: int = 480
    families: int = 3
    steps: int = 4000
    batch: int = 64
    warming: int = 300
    rate: float = 1e-3
    decay: float = 0.05
    dropout: float = 0.15
    smoothing: float = 0.05
    average: float = 0.999
    damping: float = 0.4
    every: int = 500
    holes: int = 250

    @classmethod
    def read(cls, path: Path) -> Settings:
        """Those in a file; what it does not name is as above."""
        found = json.loads(path.read_text(encoding="utf-8"))
        return cls(**found | {"seeds": tuple(found["seeds"])})


def train(corpus: Path, records: Path = RECORDS, work: Path = WORK) -> None:
    """Train all members as the settings in a folder say, write their logs there, and the weights that are shipped."""
    settings = Settings.read(records / "settings.json")
    examples = list(read(corpus, "train"))
    words = known_words(examples, settings.families)
    left_out = list(read(corpus, "validation"))
    members = []
    for seed in settings.seeds:
        member = Member(settings, seed, words, examples, left_out)
        member.run(work / f"{seed}.pt", records / f"log-{seed}.csv")
        members.append(member.mean)
    export(members, words, shipped.SHIPPED)
    print(f"{shipped.SHIPPED.stat().st_size / 1e6:.2f} MB: {shipped.SHIPPED}")


def known_words(examples: Several[Example], families: int) -> tuple[str, ...]:
    """Words that so many families use, by the alphabet; the first, "", is for "none"."""
    users = defaultdict(set)
    for each in examples:
        for token in each.sequence.tokens:
            if token.kind in (WORD, AFTER):
                users[token.value].add(each.family)
    return ("", *sorted(word for word, who in users.items() if len(who) >= families))


class Member:
    """One network in training.

    Attributes:
        mean: the running average of its weights.
    """

    def __init__(
        self, settings: Settings, seed: int, words: Several[str], examples: Several[Example], left_out: Several[Example]
    ) -> None:
        torch.manual_seed(seed)
        self._settings = settings
        self._random = np.random.default_rng(seed)
        numbers = {word: number for number, word in enumerate(words)}
        self._programs = [prepared(each.sequence, numbers) for each in examples]
        sizes = Counter(each.family for each in examples)
        weights = np.array([sizes[each.family] ** -settings.damping for each in examples])
        self._weights = weights / weights.sum()
        self._holes = validation_holes(left_out, numbers, settings.holes)
        size = Size(settings.width, settings.layers, settings.heads, settings.inner, len(words))
        self._network, self.mean = Encoder(size, settings.dropout), Encoder(size, settings.dropout)
        self.mean.load_state_dict(self._network.state_dict())
        matrices = [each for each in self._network.parameters() if each.ndim > 1]
        rest = [each for each in self._network.parameters() if each.ndim == 1]
        groups = [{"params": matrices, "weight_decay": settings.decay}, {"params": rest, "weight_decay": 0.0}]
        self._optimiser = torch.optim.AdamW(groups, lr=settings.rate, betas=(0.9, 0.98))
        self._allowed = of_kind()
        self._step, self._rows = 0, list[dict[str, str]]()

    def run(self, checkpoint: Path, log: Path) -> None:
        """Train to the end, from the checkpoint if there is one."""
        if checkpoint.exists():
            self._load(torch.load(checkpoint, weights_only=False))
        start, losses = time.monotonic(), list[float]()
        source = self._batches()
        while self._step < self._settings.steps:
            self._step += 1
            losses.append(self._learn(next(source)))
            if self._step % self._settings.every == 0 or self._step == self._settings.steps:
                row = {"step": str(self._step), "seconds": f"{time.monotonic() - start:.0f}"}
                row |= {"cross-entropy": f"{np.mean(losses):.4f}"} | self._scores()
                self._rows.append(row)
                print(*row.values(), flush=True)
                _write(self._rows, log)
                checkpoint.parent.mkdir(parents=True, exist_ok=True)
                torch.save(self._state(), checkpoint)
                losses, source = [], self._batches()

    def _batches(self) -> Iterator[Batch]:
        """Batches without end, each of programs of like length."""
        size = self._settings.batch
        while True:
            drawing = self._random.choice(len(self._programs), POOL * size, p=self._weights)
            pool = drawing[np.argsort([self._programs[each].slots for each in drawing], kind="stable")]
            for part in self._random.permutation(POOL):
                chosen = pool[part * size : (part + 1) * size]
                yield batch_of([drawn(self._programs[each], self._random) for each in chosen])

    def _learn(self, batch: Batch) -> float:
        """One step; the loss before it."""
        settings, step = self._settings, self._step
        falling = 0.5 * (1 + math.cos(math.pi * step / settings.steps))
        for group in self._optimiser.param_groups:
            group["lr"] = settings.rate * min(1, step / settings.warming) * falling
        with torch.autocast("cpu", torch.bfloat16):
            logits = self._network(batch)
        loss = loss_of(logits.float(), batch, self._allowed, settings.smoothing)
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
        self._optimiser.step()
        # The average forgets the first weights soon (as in TensorFlow's ExponentialMovingAverage with num_updates).
        keep = min(settings.average, (step + 1) / (step + 10))
        with torch.no_grad():
            for old, new in zip(self.mean.parameters(), self._network.parameters(), strict=True):
                old.lerp_(new, 1 - keep)
        return float(loss.detach())

    @torch.no_grad()
    def _scores(self) -> dict[str, str]:
        """Of the average: macro top-1, top-3 and top-5 and mean log-likelihood, then the top-1 of each kind."""
        self.mean.eval()
        found = defaultdict(list)
        holes = sorted(self._holes, key=lambda each: each.program.slots)
        for start in range(0, len(holes), 256):
            batch = batch_of(holes[start : start + 256])
            likely = likelihood(self.mean(batch), batch, self._allowed)
            right = likely.gather(1, batch.targets[:, None])
            ranks = 1 + (likely > right).sum(1)
            for kind, rank, value in zip(batch.kinds.tolist(), ranks.tolist(), right[:, 0].tolist(), strict=True):
                found[kind].append((rank <= 1, rank <= 3, rank <= 5, value))
        by_kind = {kind: np.mean(found[KIND_NUMBERS[kind]], 0) for kind in ELEMENTS if found[KIND_NUMBERS[kind]]}
        macro = np.mean(list(by_kind.values()), 0)
        names = ("macro top-1", "macro top-3", "macro top-5", "macro log-likelihood")
        rows = dict(zip(names, macro, strict=True)) | {kind: each[0] for kind, each in by_kind.items()}
        return {name: f"{value:.4f}" for name, value in rows.items()}

    def _state(self) -> dict[str, Any]:
        return {
            "settings": asdict(self._settings),
            "step": self._step,
            "rows": self._rows,
            "network": self._network.state_dict(),
            "mean": self.mean.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "numpy": self._random.bit_generator.state,
            "torch": torch.get_rng_state(),
        }

    def _load(self, state: Mapping[str, Any]) -> None:
        if state["settings"] | {"seeds": ()} != asdict(self._settings) | {"seeds": ()}:
            raise SystemExit("the checkpoint is of other settings: remove it to begin anew")
        self._step, self._rows = state["step"], state["rows"]
        self._network.load_state_dict(state["network"])
        self.mean.load_state_dict(state["mean"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._random.bit_generator.state = state["numpy"]
        torch.set_rng_state(state["torch"])


def likelihood(logits: Tensor, batch: Batch, allowed: Tensor) -> Tensor:
    """Logarithms of chances among the values of each hole's kind."""
    return logits.masked_fill(~allowed[batch.kinds], float("-inf")).log_softmax(-1)


def loss_of(logits: Tensor, batch: Batch, allowed: Tensor, smoothing: float) -> Tensor:
    """Weighted mean of the holes' cross-entropies; of what is right a share is spread over all values of the kind."""
    likely = likelihood(logits, batch, allowed)
    mask = allowed[batch.kinds]
    right = likely.gather(1, batch.targets[:, None])[:, 0]
    spread = likely.masked_fill(~mask, 0).sum(1) / mask.sum(1)
    losses = -(1 - smoothing) * right - smoothing * spread
    return (losses * batch.weights).sum() / batch.weights.sum()


def validation_holes(examples: Several[Example], words: Mapping[str, int], most: int) -> list[Masked]:
    """Written elements, each hidden by itself, so many of a kind at most."""
    random = np.random.default_rng(0)
    by_kind = defaultdict(list)
    for example in examples:
        program = prepared(example.sequence, words)
        facets = {int(position): facet for facet, position in enumerate(program.positions)}
        for position in written(example.sequence):
            by_kind[example.sequence.tokens[position].kind].append((program, facets[position]))
    return [asked(*by_kind[kind][each]) for kind in ELEMENTS for each in random.permutation(len(by_kind[kind]))[:most]]


def export(members: Several[Encoder], words: Several[str], path: Path) -> None:
    """Write the weights of all members in 16 bits, and what their symbols and words are."""
    arrays: dict[str, NDArray[Any]] = {}
    for number, member in enumerate(members):
        for name, weights in member.state_dict().items():
            arrays[f"{number}/{name}"] = weights.numpy().astype(np.float16)
    text = {"format": shipped.FORMAT, "symbols": json.dumps(SYMBOLS), "words": json.dumps(words[1:])}
    write(path, arrays, text)


def _write(rows: Several[Mapping[str, str]], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as lines:
        table = csv.DictWriter(lines, rows[0], lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
