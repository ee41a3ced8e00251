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
    """Whether there is more than one training, so that what one stage froze another may have trained.

    A function that trains is as many trainings as there are places that call it, those in one loop being one.

    Args:
        methods: what is called to train: {"fit"}, {"backward"}.
    """
    training = [call for call in bindings.calls if call.method in methods]
    return len(training) > 1 or any(_stages(bindings, call, frozenset()) > 1 for call in training)


def _stages(bindings: Bindings, call: Call, seen: frozenset[ast.AST]) -> int:
    """From how many places a call is reached, by calls of the functions that it stands in."""
    scopes = bindings.scopes(call.file)
    function = scopes.function(call.node)
    if function is None or function in seen:
        return 1
    name, method = f"{scopes.module}.{function.name}", isinstance(scopes.parent(function), ast.ClassDef)
    callers = [each for each in bindings.calls if (each.method == function.name if method else each.name == name)]
    places = {}
    for each in callers:
        around = bindings.scopes(each.file).ancestors(each.node)
        loops = [node for node in around if isinstance(node, (ast.For, ast.While))]
        places[loops[-1] if loops else each.node] = each
    return max(1, sum(_stages(bindings, each, seen | {function}) for each in places.values()))


def _loads(call: Call) -> bool:
    named = [keyword for keyword in call.node.keywords if keyword.arg in _NAMED]
    unset = any(isinstance(each.value, ast.Constant) and not each.value.value for each in named)
    if (call.method or call.short) in _LOADING:
        return True
    return not unset and (bool(named) or any(zoo in f".{call.name}" for zoo in _ZOOS))
