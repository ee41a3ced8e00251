"""Models whose output and loss cannot be meant for each other: no examples of how programs are written correctly.

Teaching code shows mistakes on purpose, and a program may be misread. Only what contradicts itself is left out; a poor
choice stays, because the corpus is what programs are like and not what they should be like.
"""

from __future__ import annotations

from netmend.program.elements.loss import LOGITS_MARK
from netmend.program.sequence.read import Sequence

_PROBABILITIES = frozenset({"softmax", "sigmoid", "log_softmax"})
# Outputs that a loss of probabilities cannot be given: not between 0 and 1.
_UNBOUNDED = frozenset({"linear", "relu", "tanh", "log_softmax", "leaky_relu", "elu", "selu"})


def contradicts(sequence: Sequence) -> str:
    """What contradicts itself, for a person; "" if nothing does.

    Programs with several losses or outputs are passed over: which belongs to which cannot be told.
    """
    losses = [token.value for token in sequence.tokens if token.kind == "loss"]
    outputs = [
        index
        for index, token in enumerate(sequence.tokens)
        if token.kind == "activation" and sequence.roles[index] == "output"
    ]
    if len(set(losses)) != 1 or len(outputs) != 1:
        return ""
    loss, output = losses[0], sequence.tokens[outputs[0]].value
    units = [
        token.value
        for token, role in zip(sequence.tokens, sequence.roles, strict=True)
        if token.kind == "units" and role == "output"
    ]
    if output in ("softmax", "log_softmax") and units == ["1"]:
        return "softmax of one unit"
    if loss.endswith(LOGITS_MARK) and output in _PROBABILITIES:
        return f"{output} before a loss that takes logits"
    if loss.endswith("crossentropy") and output in _UNBOUNDED:
        return f"{output} before a loss that takes probabilities"
    if loss == "negative_log_likelihood" and output in ("softmax", "sigmoid", "relu", "tanh"):
        return f"{output} before a loss that takes log-probabilities"
    return ""
