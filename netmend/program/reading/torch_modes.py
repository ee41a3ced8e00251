"""Whether a PyTorch model is back in training mode when it is trained: where `eval()` and `train()` are called."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements.train_mode import EACH_EPOCH, NEVER, UNTIL_EVALUATED
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.torch_loops import loops
from netmend.program.reading.torch_model import Leaf, nodes
from netmend.program.reading.torch_names import DROPOUT_FUNCTIONS, DROPOUTS
from netmend.program.reading.torch_program import Reading

_DIFFERENT = ("BatchNorm", "LazyBatchNorm", "InstanceNorm", "SyncBatchNorm", "RReLU", "LSTM", "GRU", "Transformer")
"""Classes that behave differently in evaluation mode, beside dropout; LSTM and GRU where they are given a dropout."""


def find_train_modes(reading: Reading) -> Iterator[Element]:
    """When the trained model is in training mode, if it is ever taken out of it."""
    if len(reading.backwards) != 1 or not _differs(reading):
        return
    evals = [call for call in reading.bindings.calls if _switches(call, "eval")]
    trains = [call for call in reading.bindings.calls if _switches(call, "train")]
    around = loops(reading, reading.backwards[0])
    if not evals or not around:
        return
    file, loop = around[-1]
    inside = {node for _, each in around for node in ast.walk(each)}
    if any(_reached(reading, call, inside) for call in trains):
        value, at = EACH_EPOCH, next(call for call in trains if _reached(reading, call, inside))
        yield _element(at, at.site.span, value)
    elif any(_reached(reading, call, inside) for call in evals):
        yield _element(reading.backwards[0], _point(reading), UNTIL_EVALUATED)
    elif any(call.file is file and call.site.span[0] < file.span(loop)[0] and not _in_function(reading, call)
             for call in evals) and not trains:  # fmt: skip
        yield _element(reading.backwards[0], _point(reading), NEVER)


def write_train_mode(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that put the model into training mode before it is trained.

    Raises:
        Unchangeable: another value is asked for, or the model has no name where it is trained.
    """
    if value != EACH_EPOCH:
        raise Unchangeable(f"the model is to be in training mode each epoch, not {value}", where=str(element.place))
    backward = reading.backwards[0]
    return (spans.add_statement_before(backward.file, _first(reading, backward), f"{_model(reading)}.train()"),)


def _differs(reading: Reading) -> bool:
    """Whether any layer behaves differently in evaluation mode."""
    kinds = [leaf for model in reading.models[:1] for leaf in nodes(model.root) if isinstance(leaf, Leaf)]
    for leaf in kinds:
        if leaf.kind in DROPOUTS or (leaf.kind.startswith(_DIFFERENT) and leaf.kind not in ("LSTM", "GRU")):
            return True
        if leaf.kind in ("LSTM", "GRU") and reading.bindings.argument(leaf.call, "dropout") is not None:
            return True
    return any(call.name in DROPOUT_FUNCTIONS for call in reading.bindings.calls)


def _switches(call: Call, method: str) -> bool:
    """Whether a call is `model.eval()` or `model.train()`; `train(False)` is neither, and rare."""
    return call.method == method and not call.name and not call.node.args and not call.node.keywords


def _reached(reading: Reading, call: Call, inside: set[ast.AST]) -> bool:
    """Whether a call runs in the training loop: it stands there, or in a function that is called there."""
    seen: set[ast.AST] = set()
    pending = [call]
    while pending:
        each = pending.pop()
        if each.node in inside:
            return True
        function = reading.bindings.scopes(each.file).function(each.node)
        if function is not None and function not in seen:
            seen.add(function)
            pending += [other for other in reading.bindings.calls if function.name in (other.method, other.short)]
    return False


def _in_function(reading: Reading, call: Call) -> bool:
    """Whether a call stands in another function than the training."""
    backward = reading.backwards[0]
    where = reading.bindings.scopes(call.file).function(call.node)
    return where is not reading.bindings.scopes(backward.file).function(backward.node)


def _first(reading: Reading, backward: Call) -> ast.stmt:
    """The first statement of an epoch: of the outermost loop around `backward` in its function, or of the function."""
    scopes = reading.bindings.scopes(backward.file)
    function = scopes.function(backward.node)
    found = [
        node
        for node in scopes.ancestors(backward.node)
        if isinstance(node, (ast.For, ast.While)) and scopes.function(node) is function
    ]
    counted = len(loops(reading, backward))
    if found and len(found) == counted:
        return found[-1].body[0]
    if found:
        return found[-1]  # the loop over batches, in a function that is called for each epoch
    body = function.body if function is not None else backward.file.tree.body
    return scopes.statement(backward.node) if function is None else body[0]


def _model(reading: Reading) -> str:
    """The name under which the training step calls the model.

    Raises:
        Unchangeable: it is not seen.
    """
    root, backward = reading.models[0].root, reading.backwards[0]
    for call in reading.step_calls:
        if isinstance(call.node.func, (ast.Name, ast.Attribute)) and call.file is backward.file:
            found = reading.module(Site(call.file, call.node.func))
            if found is not None and found.call.node is root.call.node:
                return ast.unparse(call.node.func)
    raise Unchangeable("the training step does not call the model by a name", where=str(backward.site.place))


def _point(reading: Reading) -> tuple[int, int]:
    backward = reading.backwards[0]
    return (backward.file.span(_first(reading, backward))[0],) * 2


def _element(at: Call, span: tuple[int, int], value: str) -> Element:
    start, end = span
    return Element(
        kind="train-mode",
        place=at.file.place(start),
        start=start,
        end=end,
        text=at.file.text[start:end],
        value=value,
        absent=start == end,
        framework="torch",
        owner="training loop",
    )
