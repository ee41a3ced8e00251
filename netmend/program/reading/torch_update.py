"""What keeps a PyTorch training step from training its model, and the edits that mend it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements.training_step import (
    ANOTHER_MODEL,
    BEHIND_THE_LOOP,
    DROPPED_BATCHES,
    GRADIENTS_END,
    LABELS_FIRST,
    MADE_ANEW,
    NO_BACKWARD,
    NO_GRADIENTS,
    NO_STEP,
    OPTIMISER_ANEW,
    PART_ONLY,
    PART_REPLACED,
    PLAIN_LIST,
    RARE_STEPS,
)
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.drafts import Draft
from netmend.program.reading.pretrained import loads_weights, trains_twice
from netmend.program.reading.torch_cut_inside import cuts_inside
from netmend.program.reading.torch_cut_off import cuts, meant, runs_model
from netmend.program.reading.torch_idle import dropped_batches, rare_steps
from netmend.program.reading.torch_made_anew import made_anew
from netmend.program.reading.torch_misplaced import behind_the_loop
from netmend.program.reading.torch_names import module_class
from netmend.program.reading.torch_optimiser_anew import optimiser_anew
from netmend.program.reading.torch_program import Reading, loss_function
from netmend.program.reading.torch_replaced import replaced_parts
from netmend.program.reading.torch_steps import schedules
from netmend.program.reading.torch_unregistered import plain_lists

OWNER = "training loop"

SYMMETRIC = frozenset({"MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"})
SYMMETRIC_FUNCTIONS = frozenset({"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"})
"""Losses that are the same with their first two arguments exchanged."""

_HARMLESS = frozenset({"parameters", "named_parameters", "to", "cuda", "cpu", "train", "eval", "double", "float"})
"""Methods of a model that do not run it."""


_KEEPING = frozenset(
    {"to", "cuda", "cpu", "float", "long", "double", "type", "view", "reshape", "squeeze", "unsqueeze"}
)
"""Methods of a tensor that give its numbers in another form."""


def find_training_steps(reading: Reading) -> Iterator[Element]:
    """What is missing or wrong, each an element of its own."""
    for draft in _drafts(reading):
        yield draft.element("torch")


def write_training_step(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that make a step whole.

    Raises:
        Unchangeable: another value is asked for.
    """
    if value is not None:
        raise Unchangeable(f"a training step can only be made whole, not {value}", where=str(element.place))
    same = (draft for draft in _drafts(reading) if draft.element("torch").id == element.id)
    return tuple(edit for draft in same for edit in draft.edits(value))


def _drafts(reading: Reading) -> Iterator[Draft]:
    for made, edits in replaced_parts(reading):
        yield _draft(made, PART_REPLACED, edits)
    for listed, edits in plain_lists(reading):
        yield _draft(listed, PLAIN_LIST, edits)
    for made, edits in made_anew(reading):
        yield _draft(made, MADE_ANEW, edits)
    for made, edits in optimiser_anew(reading):
        yield _draft(made, OPTIMISER_ANEW, edits)
    for leaf, cut in cuts_inside(reading):
        yield replace(_draft(cut.at, GRADIENTS_END, cut.edits), layer=reading.models[0].numbers.get(leaf))
    if len(reading.optimisers) == 1:
        missing = _without_step, _without_backward, _behind_the_loop, _without_updates
        for find in (*missing, _without_gradients, _labels_first, _another_model, _part_only):
            yield from find(reading)


def _draft(at: Site, what: str, edits: tuple[Edit, ...], crashed_only: bool = False) -> Draft:
    return Draft("training-step", at, at, what, OWNER, lambda site, value: edits, crashed_only=crashed_only)


# Calls that are missing


def _without_step(reading: Reading) -> Iterator[Draft]:
    if len(reading.backwards) != 1 or _steps(reading):
        return
    (backward,) = reading.backwards
    name, statement = _optimiser(reading, backward), reading.bindings.scopes(backward.file).statement(backward.node)
    if name and isinstance(statement, ast.Expr):
        edit = spans.add_statement(backward.file, statement, f"{name}.step()")
        yield _draft(backward.site, NO_STEP, (edit,))


def _steps(reading: Reading) -> list[Call]:
    return [call for call in reading.bindings.calls if call.method == "step" and not schedules(reading, call)]


def _without_backward(reading: Reading) -> Iterator[Draft]:
    steps = _steps(reading)
    if (
        any(call.method in ("backward", "grad") for call in reading.bindings.calls)
        or len(steps) != 1
        or steps[0].node.args
    ):
        return
    (step,) = steps
    scopes = reading.bindings.scopes(step.file)
    statement = scopes.statement(step.node)
    block = next((body for body in _blocks(scopes.parent(statement)) if statement in body), [])
    for before in reversed(block[: block.index(statement)] if statement in block else []):
        match before:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as made) if _is_loss(reading, step, made):
                edit = spans.add_statement_before(step.file, statement, f"{name}.backward()")
                yield _draft(step.site, NO_BACKWARD, (edit,))
                return


def _behind_the_loop(reading: Reading) -> Iterator[Draft]:
    for site, edits in behind_the_loop(reading, _loss_calls(reading)):
        yield _draft(site, BEHIND_THE_LOOP, edits)


def _without_updates(reading: Reading) -> Iterator[Draft]:
    for site, edits in dropped_batches(reading):
        yield _draft(site, DROPPED_BATCHES, edits, crashed_only=True)
    for site, edits in rare_steps(reading):
        yield _draft(site, RARE_STEPS, edits, crashed_only=True)


def _optimiser(reading: Reading, at: Call) -> str:
    """What the optimiser is called where a call stands; "" if that is not seen."""
    scopes = reading.bindings.scopes(at.file)
    (made,) = reading.optimisers
    for call in reading.bindings.calls:
        owner = call.node.func.value if isinstance(call.node.func, ast.Attribute) else None
        if call.method == "zero_grad" and owner is not None and call.file is at.file:
            alike = scopes.function(call.node) is scopes.function(at.node)
            if alike and reading.module(Site(call.file, owner)) is None and "optim" in ast.unparse(owner).lower():
                return ast.unparse(owner)
    match scopes.statement(made.node) if made.file is at.file else None:
        case ast.Assign(targets=[ast.Name(id=name)]) as assigned:
            # Where the name means anything else, nothing is said.
            if {each.node for each in scopes.bindings(name, at.node)} == {assigned}:
                return name
    return ""


# Outputs that are cut off, or in the place of labels


def _without_gradients(reading: Reading) -> Iterator[Draft]:
    for cut in cuts(reading, _loss_calls(reading)):
        yield _draft(cut.at, NO_GRADIENTS, cut.edits, crashed_only=not cut.silent)


def _labels_first(reading: Reading) -> Iterator[Draft]:
    for call in _loss_calls(reading):
        if len(call.node.args) < 2 or any(isinstance(each, ast.Starred) for each in call.node.args):
            continue
        made = reading.bindings.follow(Site(call.file, call.node.func))
        kind = reading.bindings.call(made)
        if call.short in SYMMETRIC_FUNCTIONS or (kind is not None and module_class(kind.name) in SYMMETRIC):
            continue
        first, second = (Site(call.file, each) for each in call.node.args[:2])
        if _comes_from_model(reading, second) and _given(reading, first):
            edits = spans.replace(first, second.text), spans.replace(second, first.text)
            yield _draft(call.site, LABELS_FIRST, edits)


# The wrong weights


def _another_model(reading: Reading) -> Iterator[Draft]:
    given = reading.bindings.argument(reading.optimisers[0], "params", 0)
    match given.node if given is not None else None:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name) as owner, attr="parameters"), args=[]):
            assert given is not None
            others = [
                each for each in reading.models[1:] if each.root.call.node is not reading.models[0].root.call.node
            ]
            called = {_called(reading, call) for call in reading.step_calls} - {""}
            if reading.module(Site(given.file, owner)) is not None and len(others) == 1 and len(called) == 1:
                (other,) = called
                if other != name and _idle(given, name):
                    site = Site(given.file, owner)
                    yield _draft(site, ANOTHER_MODEL, (spans.replace(site, other),))


def _part_only(reading: Reading) -> Iterator[Draft]:
    """The optimiser is given one part of a model that is called as a whole and starts from random weights."""
    given = reading.bindings.argument(reading.optimisers[0], "params", 0)
    if loads_weights(reading.bindings) or trains_twice(reading.bindings, frozenset({"backward"})):
        return
    match given.node if given is not None else None:
        case ast.Call(
            func=ast.Attribute(value=ast.Attribute(value=ast.Name(id=name) as whole) as part, attr="parameters")
        ):
            assert given is not None
            site = Site(given.file, part)
            inside = reading.module(Site(given.file, whole)) is not None and reading.module(site) is not None
            if inside and not any(isinstance(each, ast.Attribute) and each.attr == "requires_grad" for file in
                                  reading.program.files for each in ast.walk(file.tree)):  # fmt: skip
                yield _draft(site, PART_ONLY, (spans.replace(site, name),))


def _called(reading: Reading, call: Call) -> str:
    """The name by which a call runs a model."""
    runs = isinstance(call.node.func, ast.Name) and reading.module(Site(call.file, call.node.func)) is not None
    return ast.unparse(call.node.func) if runs else ""


def _idle(given: Site, name: str) -> bool:
    """Whether nothing that runs it is done with what a name means: it is not called, passed on or part of another."""
    every = list(ast.walk(given.file.tree))
    used = [each for each in every if isinstance(each, ast.Name) and each.id == name and isinstance(each.ctx, ast.Load)]
    harmless = {each.value for each in every if isinstance(each, ast.Attribute) and each.attr in _HARMLESS}
    return all(each in harmless for each in used)


# Small readings


def _loss_calls(reading: Reading) -> tuple[Call, ...]:
    return tuple(call for call in reading.loss_calls if _is_loss(reading, call, call.node))


def _is_loss(reading: Reading, near: Call, node: ast.Call) -> bool:
    """Whether a call computes a loss: by a function of PyTorch, or a module that was made before."""
    call = reading.bindings.call(Site(near.file, node))
    made = reading.bindings.call(reading.bindings.follow(Site(near.file, node.func)))
    losses = {each.node for each in reading.losses}
    return (call is not None and bool(loss_function(call.name))) or (made is not None and made.node in losses)


def _comes_from_model(reading: Reading, site: Site) -> bool:
    """Whether an expression, or a name in it as the training step gave it, calls the model."""
    named = (Site(site.file, each) for each in ast.walk(site.node) if isinstance(each, ast.Name))
    return any(runs_model(reading, each) for name in (site, *named) for each in meant(reading, name))


def _given(reading: Reading, site: Site) -> bool:
    """Whether an expression is what the loop is given, moved or reshaped, and nothing else was called for it."""
    named = (Site(site.file, each) for each in ast.walk(site.node) if isinstance(each, ast.Name))
    parts = [each.node for name in (site, *named) for each in meant(reading, name)]
    called = [each.func for part in parts for each in ast.walk(part) if isinstance(each, ast.Call)]
    return all(isinstance(each, ast.Attribute) and each.attr in _KEEPING for each in called)


def _blocks(node: ast.AST | None) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        yield getattr(node, field, None) or []
