"""Text encoders with the names of the published weights: BERT (Devlin et al., NAACL 2019), of which MiniLM is a small
one, and DistilBERT (Sanh et al., 2019).

Inputs are ids of tokens (N, T); id 0 is padding and is looked at by nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

FAR = -1e9
"""Added to a score that is not to count."""


def bert(
    depth: int = 6, width: int = 384, heads: int = 12, inner: int = 1536, words: int = 30522, places: int = 512
) -> Any:
    """A sentence encoder with a linear classifier, "head", of the mean of its last states at unit length.

    The defaults are MiniLM-L6's (Wang et al., NeurIPS 2020; all-MiniLM-L6-v2). Two logits: the second is that of "yes".

    Args:
        inner: width within a feed-forward. words: of the vocabulary. places: longest text.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    def norm() -> nn.Module:
        return nn.LayerNorm(width, eps=1e-12)

    def block() -> nn.Module:
        attention = {name: nn.Linear(width, width) for name in ("query", "key", "value")}
        mixed = nn.ModuleDict({"dense": nn.Linear(width, width), "LayerNorm": norm()})
        return nn.ModuleDict(
            {
                "attention": nn.ModuleDict({"self": nn.ModuleDict(attention), "output": mixed}),
                "intermediate": nn.ModuleDict({"dense": nn.Linear(width, inner)}),
                "output": nn.ModuleDict({"dense": nn.Linear(inner, width), "LayerNorm": norm()}),
            }
        )

    class Embeddings(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("position_ids", torch.arange(places)[None])
            self.word_embeddings, self.position_embeddings = nn.Embedding(words, width), nn.Embedding(places, width)
            self.token_type_embeddings, self.LayerNorm = nn.Embedding(2, width), norm()

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            kind, place = self.token_type_embeddings.weight[0], self.position_embeddings.weight[: ids.shape[1]]
            x: torch.Tensor = self.LayerNorm(self.word_embeddings(ids) + kind + place)
            return x

    class Bert(nn.Module):  # type: ignore[misc, unused-ignore]
        encoder: Any

        def __init__(self) -> None:
            super().__init__()
            self.embeddings = Embeddings()
            self.encoder = nn.ModuleDict({"layer": nn.ModuleList(block() for _ in range(depth))})
            self.pooler = nn.ModuleDict({"dense": nn.Linear(width, width)})  # published, and not asked
            self.head = nn.Linear(width, 2)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            there = (ids != 0).float()
            x = self.embeddings(ids)
            for each in self.encoder["layer"]:
                own, mixed, last = each["attention"]["self"], each["attention"]["output"], each["output"]
                query, key, value = (own[name](x) for name in ("query", "key", "value"))
                seen = attended(query, key, value, heads, there)
                x = mixed["LayerNorm"](mixed["dense"](seen) + x)
                x = last["LayerNorm"](last["dense"](functional.gelu(each["intermediate"]["dense"](x))) + x)
            mean = (x * there[:, :, None]).sum(1) / there.sum(1, keepdim=True)
            logits: torch.Tensor = self.head(mean / torch.linalg.vector_norm(mean, dim=1, keepdim=True))
            return logits

    return Bert()


def distilbert(
    depth: int = 6, width: int = 768, heads: int = 12, inner: int = 3072, words: int = 30522, places: int = 512
) -> Any:
    """A classifier of sentences in two classes, by the state of their first token.

    The defaults are those of the published DistilBERT.

    Args:
        inner, words, places: as for `bert`.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    def norm() -> nn.Module:
        return nn.LayerNorm(width, eps=1e-12)

    def block() -> nn.Module:
        names = ("q_lin", "k_lin", "v_lin", "out_lin")
        return nn.ModuleDict(
            {
                "attention": nn.ModuleDict({name: nn.Linear(width, width) for name in names}),
                "sa_layer_norm": norm(),
                "ffn": nn.ModuleDict({"lin1": nn.Linear(width, inner), "lin2": nn.Linear(inner, width)}),
                "output_layer_norm": norm(),
            }
        )

    embeddings = {"word_embeddings": nn.Embedding(words, width), "position_embeddings": nn.Embedding(places, width)}

    class DistilBert(nn.Module):  # type: ignore[misc, unused-ignore]
        distilbert: Any

        def __init__(self) -> None:
            super().__init__()
            layers = nn.ModuleDict({"layer": nn.ModuleList(block() for _ in range(depth))})
            first = nn.ModuleDict({**embeddings, "LayerNorm": norm()})
            self.distilbert = nn.ModuleDict({"embeddings": first, "transformer": layers})
            self.pre_classifier, self.classifier = nn.Linear(width, width), nn.Linear(width, 2)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            there, first = (ids != 0).float(), self.distilbert["embeddings"]
            place = first["position_embeddings"].weight[: ids.shape[1]]
            x = first["LayerNorm"](first["word_embeddings"](ids) + place)
            for each in self.distilbert["transformer"]["layer"]:
                own, ffn = each["attention"], each["ffn"]
                query, key, value = (own[name](x) for name in ("q_lin", "k_lin", "v_lin"))
                seen = attended(query, key, value, heads, there)
                x = each["sa_layer_norm"](own["out_lin"](seen) + x)
                x = each["output_layer_norm"](ffn["lin2"](functional.gelu(ffn["lin1"](x))) + x)
            logits: torch.Tensor = self.classifier(torch.relu(self.pre_classifier(x[:, 0])))
            return logits

    return DistilBert()


def attended(query: Tensor, key: Tensor, value: Tensor, heads: int, there: Tensor | None = None) -> Tensor:
    """Scaled dot-product attention (Vaswani et al., NeurIPS 2017, section 3.2), (..., T, width).

    Args:
        there: 1 for tokens that count, else 0, (N, T); all count where it is None.
    """
    *before, long, width = query.shape
    apart = (*before, long, heads, width // heads)
    query, key, value = (each.reshape(apart).transpose(-3, -2) for each in (query, key, value))
    scores = query @ key.transpose(-2, -1) / math.sqrt(width // heads)
    if there is not None:
        scores = scores + (1 - there[:, None, None, :]) * FAR
    mixed: Tensor = (scores.softmax(-1) @ value).transpose(-3, -2).reshape(*before, long, width)
    return mixed
