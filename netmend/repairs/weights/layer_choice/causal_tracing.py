"""The layer from which the clean counterpart's activations put a point right.

Measured: the mean over pairs of the slack that a point gains when the layer's output after its activation is replaced
by what it is at the point's clean counterpart, everything else left as it is.
Why: if the right activations there suffice, what went wrong went wrong before, and can be put right there.
When it is wrong: in a chain of layers everything passes through each of them, so that all scores are equal and the
choice falls to the smallest layer; it says something only of networks with branches, such as residual ones. Where
facts are found by tracing, editing there is not known to work better (Hase et al., NeurIPS 2023).
References: Meng et al., ROME, NeurIPS 2022 (causal tracing), on language models; whole layers and slacks are our own.
"""

from __future__ import annotations

import numpy as np

from netmend.network.backends._base import named
from netmend.repairs.weights.layer_choice._base import Context, Heuristic
from netmend.repairs.weights.layer_choice._passes import features_of, outputs_at, passes
from netmend.repairs.weights.requirements._base import Array


def scores(context: Context) -> Array:
    """Mean gained slack."""
    import torch

    from netmend.network.evaluate import as_tensor, forward

    assert context.clean is not None
    graph, requirement = context.network.graph, context.specification.requirement
    fed = {name: as_tensor(value) for name, value in named(graph, context.specification.inputs).items()}
    names = features_of(context)
    patched: list[list[Array]] = [[] for _ in names]
    with torch.no_grad():
        for part in passes(context, context.clean, names):
            some = {name: value[part.points] for name, value in fed.items()}
            for pieces, name in zip(patched, names, strict=True):
                values = forward(graph, {**some, name: part.tensors[name]}, keep=[context.output])[context.output]
                pieces.append(values.reshape(len(part.values), -1).numpy() - context.threshold)
    before = requirement.slack(outputs_at(context, context.specification.inputs))
    return np.array([np.mean(requirement.slack(np.concatenate(pieces)) - before) for pieces in patched])


HEURISTIC = Heuristic(scores, "mean slack gained with the clean counterpart's activations", needs=("clean",))
