"""The encoder as PyTorch trains it; `netmend/repairs/program/infill/encoder.py` computes the same without PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from netmend.repairs.program.infill._slots import SYMBOLS, WORDS_AFTER, WORDS_BEFORE

NEAR = 8
"""Layers farther from each other than this are all equally far (own choice)."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large an encoder is.

    Attributes:
        width: of a slot's vector. layers, heads: of the Transformer. inner: width of its feed-forward part.
        words: how many words it knows, the one for "none" included.
    """

    width: int
    layers: int
    heads: int
    inner: int
    words: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Some programs with holes, as tensors.

    Attributes:
        symbols: numbers of symbols, slot by slot of all programs. offsets: where each slot's begin.
        order: number of each slot's layer, -1 for others; shape (programs, slots).
        there: whether a slot is one of the program; same shape.
        words: shape (programs, 2, words), numbers of words before and after; 0 where there is none.
        holes: numbers of the slots, of all programs together, in which something is asked for.
        kinds: number of the kind that is asked for, per hole. targets: number of the right symbol.
        weights: of each hole.
    """

    symbols: Tensor
    offsets: Tensor
    order: Tensor
    there: Tensor
    words: Tensor
    holes: Tensor
    kinds: Tensor
    targets: Tensor
    weights: Tensor


def relation(order: Tensor) -> Tensor:
    """How slots stand to each other: for layers their distance, else whether from or to one; (programs, slots, slots).

    0 to 2·NEAR are distances; then layer to other, other to layer, other to other.
    """
    distance = (order[:, None, :] - order[:, :, None]).clamp(-NEAR, NEAR) + NEAR
    source, target = order[:, :, None] >= 0, order[:, None, :] >= 0
    apart = 2 * NEAR + torch.where(source, 1, torch.where(target, 2, 3))
    return torch.where(source & target, distance, apart)


class Block(nn.Module):
    """Attention and a feed-forward part, each on normalised inputs and added to what came in.

    The feed-forward part's nonlinearity is the square of ReLU (So et al., "Primer", NeurIPS 2021, section 4).
    """

    def __init__(self, size: Size, dropout: float) -> None:
        super().__init__()
        self.heads = size.heads
        self.norm1, self.norm2 = nn.LayerNorm(size.width), nn.LayerNorm(size.width)
        self.qkv = nn.Linear(size.width, 3 * size.width)
        self.out = nn.Linear(size.width, size.width)
        self.up, self.down = nn.Linear(size.width, size.inner), nn.Linear(size.inner, size.width)
        self.bias = nn.Parameter(torch.zeros(size.heads, 2 * NEAR + 4))
        self.drop = nn.Dropout(dropout)

    def forward(self, slots: Tensor, related: Tensor, there: Tensor) -> Tensor:
        """Slots of shape (programs, slots, width) to the same shape."""
        programs, count, width = slots.shape
        qkv = self.qkv(self.norm1(slots)).view(programs, count, 3, self.heads, width // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        bias = self.bias[:, related].permute(1, 0, 2, 3).masked_fill(~there[:, None, None, :], float("-inf"))
        mixed = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        slots = slots + self.drop(self.out(mixed.transpose(1, 2).reshape(programs, count, width)))
        inner: Tensor = self.drop(self.down(torch.relu(self.up(self.norm2(slots))).square()))
        return slots + inner


class Encoder(nn.Module):
    """Slots and words in, for each hole the logits of all symbols out."""

    def __init__(self, size: Size, dropout: float) -> None:
        super().__init__()
        self.size = size
        self.symbols = nn.Parameter(torch.randn(len(SYMBOLS), size.width) * 0.1)
        self.words = nn.Parameter(torch.randn(size.words, size.width) * 0.1)
        self.notice = nn.Parameter(torch.zeros(size.words, size.heads))
        self.said = nn.Linear(size.width, size.width)
        self.blocks = nn.ModuleList(Block(size, dropout) for _ in range(size.layers))
        self.norm, self.head = nn.LayerNorm(size.width), nn.Linear(size.width, size.width)
        self.likely = nn.Parameter(torch.zeros(len(SYMBOLS)))
        self.drop = nn.Dropout(dropout)

    def forward(self, batch: Batch) -> Tensor:
        """Logits of shape (holes, symbols); only those of the kind that is asked for mean anything."""
        programs, count = batch.order.shape
        bags = nn.functional.embedding_bag(batch.symbols, self.symbols, batch.offsets, mode="sum")
        slots = bags.view(programs, count, -1)
        spoken = torch.zeros_like(slots)
        spoken[:, [WORDS_BEFORE, WORDS_AFTER]] = self.heard(batch.words).to(slots.dtype)
        slots = self.drop(slots + spoken)
        related = relation(batch.order)
        for block in self.blocks:
            slots = block(slots, related, batch.there)
        asked = slots.reshape(programs * count, -1)[batch.holes]
        return torch.relu(self.head(self.norm(asked))) @ self.symbols.T + self.likely

    def heard(self, words: Tensor) -> Tensor:
        """Words as vectors of slots, shape (programs, 2, width): each head heeds a word by a weight of the word's own.

        A word that stands for "none" is always among them.
        """
        ids = nn.functional.pad(words, (1, 0))
        weights = self.notice[ids].masked_fill(
            (nn.functional.pad(words, (1, 0), value=1) == 0)[..., None], float("-inf")
        )
        shares = weights.softmax(-2)
        values = self.words[ids].view(*ids.shape, self.size.heads, -1)
        mixed: Tensor = self.said((shares[..., None] * values).sum(-3).flatten(-2))
        return mixed
