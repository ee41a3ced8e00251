"""The encoder's arithmetic in NumPy: a Transformer over slots that answers only where something is asked.

Attention with a learned bias for each distance between layers (Raffel et al., JMLR 21, 2020, section 2.1), normalised
inputs (Xiong et al., ICML 2020), the square of ReLU in the feed-forward part (So et al., "Primer", NeurIPS 2021).
`bench/elements/network.py` computes the same with PyTorch, for training.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Arrays = Mapping[str, Floats]

EPSILON = 1e-5
"""Added to variances, as PyTorch's layer normalisation does."""


def relation(order: NDArray[np.int64], near: int) -> NDArray[np.int64]:
    """How slots stand to each other, shape (slots, slots); `order` is the number of each slot's layer or -1.

    0 to 2·near are the distances of layers; then layer to other, other to layer, other to other.
    """
    distance = np.clip(order[None, :] - order[:, None], -near, near) + near
    source, target = order[:, None] >= 0, order[None, :] >= 0
    return np.where(source & target, distance, 2 * near + np.where(source, 1, np.where(target, 2, 3)))


def heard(arrays: Arrays, words: NDArray[np.int64]) -> Floats:
    """The vector of some words; each head heeds a word by a weight of the word's own. Number 0 is always among them."""
    numbers = np.concatenate([[0], words])
    shares = _softmax(arrays["notice"][numbers].T)
    heads = len(shares)
    values = arrays["words"][numbers].reshape(len(numbers), heads, -1)
    vector: Floats = _linear(arrays, "said", np.einsum("hw,whv->hv", shares, values).reshape(-1))
    return vector


def answers(arrays: Arrays, programs: Floats, asked: NDArray[np.int64], order: NDArray[np.int64]) -> Floats:
    """The logits of all symbols at one slot of each program.

    Args:
        programs: slots of shape (programs, slots, width); the programs are alike but for what is hidden.
        asked: number of a slot for each program. order: as in `relation`.

    Returns:
        Shape (programs, symbols).
    """
    blocks = 1 + max(int(name.split(".")[1]) for name in arrays if name.startswith("blocks."))
    everywhere = np.arange(programs.shape[1])[None]
    for block in range(blocks):
        own = {name.split(".", 2)[2]: value for name, value in arrays.items() if name.startswith(f"blocks.{block}.")}
        programs = _block(own, programs, order, asked[:, None] if block == blocks - 1 else everywhere)
    hidden = np.maximum(_linear(arrays, "head", _norm(arrays, "norm", programs[:, 0])), 0)
    found: Floats = hidden @ arrays["symbols"].T + arrays["likely"]
    return found


def _block(arrays: Arrays, slots: Floats, order: NDArray[np.int64], asked: NDArray[np.int64]) -> Floats:
    """Attention and feed-forward part, of some slots of each program: `asked` of shape (programs or 1, asked)."""
    bias, width = arrays["bias"], slots.shape[-1]
    rows = np.arange(len(slots))[:, None], asked
    normed = _norm(arrays, "norm1", slots)
    weight, offset = arrays["qkv.weight"], arrays["qkv.bias"]
    query = _split(normed[rows] @ weight[:width].T + offset[:width], len(bias))
    keys_values = normed @ weight[width:].T + offset[width:]
    key, value = (_split(each, len(bias)) for each in np.split(keys_values, 2, -1))
    near = bias[:, relation(order, (bias.shape[1] - 4) // 2)][:, asked].swapaxes(0, 1)
    heed = _softmax(query @ key.swapaxes(2, 3) / np.float32(np.sqrt(query.shape[-1])) + near)
    mixed = (heed @ value).swapaxes(1, 2).reshape(*rows[0].shape[:1], asked.shape[1], width)
    slots = slots[rows] + _linear(arrays, "out", mixed)
    inner = np.maximum(_linear(arrays, "up", _norm(arrays, "norm2", slots)), 0)
    found: Floats = slots + _linear(arrays, "down", np.square(inner))
    return found


def _split(vectors: Floats, heads: int) -> Floats:
    """(programs, slots, width) to (programs, heads, slots, part)."""
    return vectors.reshape(*vectors.shape[:2], heads, -1).swapaxes(1, 2)


def _linear(arrays: Arrays, name: str, vectors: Floats) -> Any:
    return vectors @ arrays[f"{name}.weight"].T + arrays[f"{name}.bias"]


def _norm(arrays: Arrays, name: str, vectors: Floats) -> Any:
    centred = vectors - vectors.mean(-1, keepdims=True)
    spread = np.sqrt(np.square(centred).mean(-1, keepdims=True) + np.float32(EPSILON))
    return centred / spread * arrays[f"{name}.weight"] + arrays[f"{name}.bias"]


def _softmax(logits: Floats) -> Any:
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)
