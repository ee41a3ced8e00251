"""Where a PyTorch training step cuts its loss off from the weights of the model.

Outputs or loss lose their gradients by `detach()`, `.data`, `.item()`, by being made a new tensor of, or because they
are computed where gradients are switched off. The program then crashes at `backward()`; but where `requires_grad=True`
silences PyTorch it runs to its end and learns nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.torch_program import Reading

_CUTTING = frozenset({"detach", "item", "numpy", "tolist"})
"""Methods of a tensor that give its numbers without gradients."""

_PASSING = frozenset({"cpu", "clone", "float", "double", "requires_grad_"})
"""Methods of a tensor that may stand beside those."""

_MAKING = frozenset({"torch.tensor", "torch.Tensor", "torch.FloatTensor", "torch.from_numpy", "torch.as_tensor"})
_HOLDING = frozenset({"torch.autograd.Variable", "torch.autograd.variable.Variable", "torch.nn.Parameter"})
"""Functions that make a tensor of numbers; those that hold one as it is."""


@dataclass(frozen=True)
class Cut:
    """A place where gradients are lost.

    Attributes:
        at: the expression. edits: what gives the gradients back. silent: PyTorch does not complain.
    """

    at: Site
    edits: tuple[Edit, ...]
    silent: bool


def cuts(reading: Reading, loss_calls: tuple[Call, ...]) -> Iterator[Cut]:
    """Every place where the training step loses gradients.

    Args:
        loss_calls: the calls that compute the loss. Terms of a loss may be cut off on purpose, so of what they are
            given only outputs that were told to require gradients anew are taken for cut off in a program that runs.
    """
    if len(reading.backwards) == 1:
        (backward,) = reading.backwards
        loss_calls = tuple(call for call in loss_calls if not _elsewhere(reading, call, backward))
    for call in loss_calls:
        yield from _outputs(reading, call)
    if len(reading.backwards) == 1:
        yield from _loss(reading, backward)
        seen: set[ast.AST] = set()
        for call in (backward, *_forwards(reading, loss_calls)):
            for switch in switches(reading, call):
                if switch.node not in seen:
                    seen.add(switch.node)
                    yield switched_on(switch)


def runs_model(reading: Reading, site: Site) -> bool:
    """Whether an expression calls the model that is trained."""
    names = _names_of_model(reading)
    for each in ast.walk(site.node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name | ast.Attribute):
            called = ast.unparse(each.func).removesuffix(".forward")
            if called in names or _trained(reading, Site(site.file, each.func)):
                return True
    return False


def meant(reading: Reading, site: Site) -> Iterator[Site]:
    """An expression, and what a name in its place was given in the training step."""
    yield site
    if isinstance(site.node, ast.Name):
        scopes = reading.bindings.scopes(site.file)
        for binding in scopes.bindings(site.node.id, site.node):
            inside = any(binding.node in ast.walk(each) for _, each in reading.step)
            if inside and binding.value is not None:
                yield Site(site.file, binding.value)


def _elsewhere(reading: Reading, call: Call, backward: Call) -> bool:
    """Whether a call stands in a loop that `backward` is not in, such as that of a test."""
    scopes = reading.bindings.scopes(call.file)
    loops = [each for each in scopes.ancestors(call.node) if isinstance(each, ast.For | ast.While)]
    together = call.file is backward.file and scopes.function(call.node) is scopes.function(backward.node)
    return together and bool(loops) and loops[0] not in scopes.ancestors(backward.node)


def _reaching(reading: Reading, site: Site) -> Iterator[Site]:
    """As `meant`, without what a name is given later, or in a loop that the name is not in, such as that of a test."""
    scopes = reading.bindings.scopes(site.file)
    around = scopes.ancestors(site.node)
    for each in meant(reading, site):
        loop = next((one for one in scopes.ancestors(each.node) if isinstance(one, ast.For | ast.While)), None)
        if each is site or (each.span[0] < site.span[0] and (loop is None or loop in around)):
            yield each


# Outputs


def _outputs(reading: Reading, call: Call) -> Iterator[Cut]:
    given = Site(call.file, call.node.args[0])
    for each in _reaching(reading, given):
        bare, cut, told = bare_of(reading, each)
        if not cut or bare is each.node:
            continue
        of_model = any(runs_model(reading, one) for one in _reaching(reading, Site(each.file, bare)))
        if not of_model:
            continue
        statement = reading.bindings.scopes(each.file).statement(each.node)
        if isinstance(given.node, ast.Name) and isinstance(bare, ast.Name) and bare.id == given.node.id:
            yield from without_statement(reading, each, statement, silent=told)
        else:
            yield Cut(each, (uncovered(each, bare),), told)


# The loss


def _loss(reading: Reading, backward: Call) -> Iterator[Cut]:
    assert isinstance(backward.node.func, ast.Attribute)
    receiver = Site(backward.file, backward.node.func.value)
    if not isinstance(receiver.node, ast.Name):
        bare, cut, told = bare_of(reading, receiver)
        if cut:
            yield Cut(receiver, (uncovered(receiver, bare),), told)
        return
    name = receiver.node.id
    silenced = _silenced(reading, backward, name)
    for each in _reaching(reading, receiver):
        bare, cut, told = bare_of(reading, each)
        if not cut or each is receiver:
            continue
        if isinstance(bare, ast.Name) and bare.id == name:
            statement = reading.bindings.scopes(each.file).statement(each.node)
            yield from without_statement(reading, each, statement, silent=told or silenced)
        elif isinstance(bare, ast.Name | ast.Call):
            yield Cut(each, (uncovered(each, bare),), told or silenced)


def _silenced(reading: Reading, backward: Call, name: str) -> bool:
    """Whether the loss is told in a statement of its own that it requires gradients."""
    function = reading.bindings.scopes(backward.file).function(backward.node)
    for node in ast.walk(function or backward.file.tree):
        match node:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=told), attr="requires_grad")]) if told == name:
                return True
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=told), attr="requires_grad_"))) if (
                told == name
            ):
                return True
    return False


def bare_of(reading: Reading, site: Site) -> tuple[ast.expr, bool, bool]:
    """What an expression makes new numbers of, whether gradients are lost on the way, and are required anew."""
    node, cut, told = site.node, False, False
    while True:
        match node:
            case ast.Attribute(value=inner, attr="data"):
                node, cut = inner, True
            case ast.Call(func=ast.Attribute(value=inner, attr=method)) if method in _CUTTING | _PASSING:
                node, cut, told = inner, cut or method in _CUTTING, told or method == "requires_grad_"
            case ast.Call(func=ast.Name(id="float"), args=[inner]):
                node, cut = inner, True
            case ast.Call(args=[inner, *_], keywords=keywords):
                call = reading.bindings.call(Site(site.file, node))
                name = "" if call is None else call.name
                if name not in _MAKING | _HOLDING or (name in _MAKING and _remakes_numbers(inner)):
                    return node, cut, told
                required = any(word.arg == "requires_grad" and _true(word.value) for word in keywords)
                node, cut, told = inner, cut or name in _MAKING, told or required
            case _:
                assert isinstance(node, ast.expr)
                return node, cut, told


def _true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _remakes_numbers(inner: ast.expr) -> bool:
    """Whether a tensor is made of something written out, as `torch.tensor([1.0, 2.0])` is."""
    return isinstance(inner, ast.Constant | ast.List | ast.Tuple | ast.ListComp)


def uncovered(site: Site, bare: ast.expr) -> Edit:
    """The edit that leaves of an expression what it makes new numbers of."""
    return spans.replace(site, Site(site.file, bare).text)


def without_statement(reading: Reading, site: Site, statement: ast.stmt, silent: bool) -> Iterator[Cut]:
    """A cut that a statement makes which does nothing else, and goes."""
    around = reading.bindings.scopes(site.file).parent(statement)
    if isinstance(statement, ast.Assign) and statement.value is site.node and around is not None:
        yield Cut(site, (spans.remove_statement(site.file, statement, around),), silent)


# Gradients that are switched off


def _forwards(reading: Reading, loss_calls: tuple[Call, ...]) -> Iterator[Call]:
    """The calls of the model whose results the loss is given."""
    for call in loss_calls:
        for each in _reaching(reading, Site(call.file, call.node.args[0])):
            found = reading.bindings.call(each)
            if found is not None and runs_model(reading, each):
                yield found


def switches(reading: Reading, call: Call) -> Iterator[Call]:
    """What switches gradients off around a call, or for the function that makes it."""
    calls = reading.bindings.calls
    made = {call.node: call for call in calls if call.name in ("torch.no_grad", "torch.inference_mode")}
    for around in reading.bindings.scopes(call.file).ancestors(call.node):
        match around:
            case ast.With(items=items):
                marks = [each.context_expr for each in items]
            case ast.FunctionDef(decorator_list=marks):
                pass
            case _:
                continue
        yield from (made[each] for each in marks if isinstance(each, ast.Call) and each in made)


def switched_on(switch: Call) -> Cut:
    """The cut that a call makes which switches gradients off."""
    start, end = switch.file.span(switch.node.func)
    text = re.sub("no_grad|inference_mode", "enable_grad", switch.file.text[start:end])
    return Cut(switch.site, (Edit(switch.file.name, start, end, text),), False)


# The model


def _trained(reading: Reading, site: Site) -> bool:
    found = reading.module(site)
    return found is not None and found.call.node is reading.models[0].root.call.node


def _names_of_model(reading: Reading) -> frozenset[str]:
    """What is put into training mode, or hands its weights to the optimiser, by any name: of a parameter, too."""
    (optimiser,) = reading.optimisers
    given = set(ast.walk(optimiser.node))
    told = [
        call.node.func
        for call in reading.bindings.calls
        if (call.method == "train" and not call.node.args) or (call.method == "parameters" and call.node in given)
    ]
    return frozenset(ast.unparse(each.value) for each in told if isinstance(each, ast.Attribute))
