"""Whether a program loads weights that were trained before, which it may then keep as they are."""

from __future__ import annotations

import ast

from netmend.program.reading.bindings import Bindings, Call

_LOADING = {
    "load_state_dict",
    "load_weights",
    "load_model",
    "set_weights",
    "from_pretrained",
    "copy_",
    "load_file",
    "load_state_dict_from_url",
}
_ZOOS = (".applications.", "torchvision.models.", "timm.", "torch.hub.", "keras_hub.", "keras_cv.", "keras_nlp.")
_NAMED = {"pretrained", "weights"}


def loads_weights(bindings: Bindings) -> bool:
    """Whether any call of the program may bring in trained weights."""
    return any(_loads(call) for call in bindings.calls)


def trains_twice(bindings: Bindings, methods: frozenset[str]) -> bool:
    """Whether training is written down more than once, so that what one stage froze another may have trained.

    Args:
        methods: what is called to train: {"fit"}, {"backward"}.
    """
    return sum(call.method in methods for call in bindings.calls) > 1


def _loads(call: Call) -> bool:
    named = [keyword for keyword in call.node.keywords if keyword.arg in _NAMED]
    unset = any(isinstance(each.value, ast.Constant) and not each.value.value for each in named)
    if (call.method or call.short) in _LOADING:
        return True
    return not unset and (bool(named) or any(zoo in f".{call.name}" for zoo in _ZOOS))
