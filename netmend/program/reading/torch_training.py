"""What trains a PyTorch model: loss, optimiser, learning rate, weight decay, batch size and epochs.

PyTorch programs compute metrics by hand, so there is no element of kind "metric".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.torch_names import FUNCTIONAL, LOSSES, MODULE_LOSSES, NN, OPTIM, OPTIMISERS, module_class
from netmend.program.reading.torch_program import Reading, loss_function, optimiser_class
from netmend.program.reading.torch_spelling import spelled
from netmend.program.reading.torch_values import argument_element, numeric, value_element, write_argument


def find_losses(reading: Reading) -> Iterator[Element]:
    """The loss of the training step: a module where it is made, a function where it is called, or an expression.

    Expressions are mean squared and mean absolute error written out: `((model(x) - y) ** 2).mean()`.
    """
    for call in reading.losses:
        module = MODULE_LOSSES.get(module_class(call.name), "")
        yield _call_element(
            "loss", call, module or loss_function(call.name), "training step", "module" if module else "functional"
        )
    for call in () if reading.losses else reading.step_calls:
        written_out = _written_out(reading, call)
        if written_out is not None:
            value, difference = written_out
            extra = (("call", call), ("difference", difference))
            yield replace(_call_element("loss", call, value, "training step", "expression"), extra=extra)


def write_loss(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that put another loss; arguments it does not take are dropped.

    Raises:
        Unchangeable: PyTorch has no such loss.
    """
    extra = dict(element.extra)
    call: Call = extra["call"]
    loss = LOSSES.get(str(value))
    if loss is None:
        raise Unchangeable(f"PyTorch has no loss {value}", where=str(element.place))
    name = f"{NN}.{loss.module}" if element.form == "module" else f"{FUNCTIONAL}.{loss.function}"
    text, imports = spelled(reading.bindings, Site(call.file, call.node.func), name)
    if element.form == "expression":
        difference: ast.BinOp = extra["difference"]
        sides = (Site(call.file, side).text for side in (difference.left, difference.right))
        return (spans.replace(call.site, f"{text}({', '.join(sides)})"), *imports)
    accepted = {*loss.own, "reduction", "input", "target"}
    positional = 0 if element.form == "module" else 2
    return (*_renamed(call, text, accepted, positional), *imports)


def _written_out(reading: Reading, call: Call) -> tuple[str, ast.BinOp] | None:
    """Canonical name and `a - b` of a mean squared or mean absolute error that is written out, or None."""
    match call.node:
        case ast.Call(func=ast.Attribute(value=errors, attr="mean"), args=[], keywords=[]):
            pass
        case ast.Call(args=[errors], keywords=[]) if call.name == "torch.mean":
            pass
        case _:
            return None
    function = reading.bindings.call(Site(call.file, errors)) if isinstance(errors, ast.Call) else None
    match errors:
        case ast.BinOp(left=ast.BinOp(op=ast.Sub()) as difference, op=ast.Pow(), right=ast.Constant(value=2)):
            return "mean_squared_error", difference
        case ast.Call(
            func=ast.Attribute(value=ast.BinOp(op=ast.Sub()) as difference, attr="pow"), args=[ast.Constant(value=2)]
        ):
            return "mean_squared_error", difference
        case ast.Call(
            func=ast.Attribute(value=ast.BinOp(op=ast.Sub()) as difference, attr="square" | "abs" as power), args=[]
        ):
            return "mean_squared_error" if power == "square" else "mean_absolute_error", difference
        case ast.Call(args=[ast.BinOp(op=ast.Sub()) as difference]) if (
            function is not None and function.name in _POWERS
        ):
            return _POWERS[function.name], difference
    return None


def find_optimisers(reading: Reading) -> Iterator[Element]:
    """Every construction of an optimiser."""
    for call in reading.optimisers:
        yield _call_element("optimiser", call, optimiser_class(call.name).lower(), optimiser_class(call.name), "call")


def write_optimiser(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that put another optimiser with the same parameters and learning rate; "sgd(0.01)" sets the rate too.

    Raises:
        Unchangeable: PyTorch has no such optimiser, or it needs a closure that the program does not give.
    """
    call: Call = dict(element.extra)["call"]
    name, _, rate = str(value).removesuffix(")").partition("(")
    wanted = OPTIMISERS.get(name)
    if wanted is None:
        raise Unchangeable(f"PyTorch has no optimiser {value}", where=str(element.place))
    if wanted.name == "LBFGS":
        raise Unchangeable("LBFGS needs a closure that computes the loss again", where=str(element.place))
    if reading.bindings.opaque(call):
        raise Unchangeable("the optimiser's arguments cannot all be seen", where=str(element.place))
    text, imports = spelled(reading.bindings, Site(call.file, call.node.func), f"{OPTIM}.{wanted.name}")
    accepted = {"params", *wanted.accepts}
    if not rate:
        return (*_renamed(call, text, accepted, 2), *imports)
    written = argument_element(reading, "learning-rate", call, "lr", 1, None, wanted.name)
    doomed = _doomed(call, accepted, 2)
    if written.absent and doomed:
        # The rate takes the place of the first argument that goes, so that no two edits meet.
        renaming = Edit(call.file.name, *call.file.span(call.node.func), text)
        replaced = Edit(call.file.name, *call.file.span(doomed[0]), f"lr={rate}")
        return (renaming, replaced, *spans.remove_arguments(call, doomed[1:]), *imports)
    return (*_renamed(call, text, accepted, 2), *write_argument(written, rate), *imports)


def find_learning_rates(reading: Reading) -> Iterator[Element]:
    """The learning rate of every optimiser, or of its groups of parameters."""
    for call in reading.optimisers:
        known = OPTIMISERS.get(optimiser_class(call.name).lower())
        default = None if known is None else known.learning_rate
        yield from _settings(reading, "learning-rate", call, "lr", 1, default)


def find_regularisers(reading: Reading) -> Iterator[Element]:
    """The weight decay of every optimiser, as "l2(RATE)" or "none".

    For AdamW, whose decay is decoupled from the gradient (Loshchilov and Hutter, ICLR 2019, algorithm 2), it is not
    the gradient of an L2 penalty, but it plays its part.
    """
    for call in reading.optimisers:
        known = OPTIMISERS.get(optimiser_class(call.name).lower())
        if known is None or not known.decays:
            continue
        position = _DECAY_POSITIONS.get(known.name)
        for found in _settings(reading, "regulariser", call, "weight_decay", position, known.weight_decay):
            rate = numeric(found.value)
            yield replace(found, value=None if rate is None else f"l2({rate!r})" if rate else "none")


def _settings(
    reading: Reading, kind: str, call: Call, name: str, index: int | None, default: Value
) -> Iterator[Element]:
    """A setting of an optimiser: of each group that states its own, else of all parameters."""
    owner = optimiser_class(call.name)
    groups = reading.bindings.argument(call, "params", 0)
    node = None if groups is None else reading.bindings.follow(groups).node
    stated = [
        Site(call.file, value)
        for group in (node.elts if isinstance(node, (ast.List, ast.Tuple)) else ())
        for key, value in (zip(group.keys, group.values, strict=True) if isinstance(group, ast.Dict) else ())
        if isinstance(key, ast.Constant) and key.value == name
    ]
    for site in stated:
        yield value_element(reading, kind, call, name, site, owner)
    if not stated:
        yield argument_element(reading, kind, call, name, index, default, owner)


def write_regulariser(element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that set the weight decay.

    Raises:
        Unchangeable: it is another penalty than L2.
    """
    rate = "0" if value == "none" else None
    found = re.fullmatch(r"l2\((.+)\)", str(value))
    if found:
        rate = found.group(1)
    if rate is None:
        raise Unchangeable(f"PyTorch's optimisers have no {value} penalty", where=str(element.place))
    return write_argument(element, rate)


def _call_element(kind: str, call: Call, value: Value, owner: str, form: str) -> Element:
    start, end = call.site.span
    if form == "functional":
        start, end = call.file.span(call.node.func)
    return Element(
        kind=kind,
        place=call.file.place(start),
        start=start,
        end=end,
        text=call.file.text[start:end],
        value=value,
        absent=False,
        framework="torch",
        owner=owner,
        form=form,
        extra=(("call", call),),
    )


def _renamed(call: Call, name: str, accepted: set[str], positional: int) -> tuple[Edit, ...]:
    """Call something else with the arguments it takes.

    Args:
        call: the call.
        name: what to call instead.
        accepted: keyword arguments that may stay.
        positional: how many positional arguments may stay.
    """
    renaming = Edit(call.file.name, *call.file.span(call.node.func), name)
    return (renaming, *spans.remove_arguments(call, _doomed(call, accepted, positional)))


def _doomed(call: Call, accepted: set[str], positional: int) -> list[ast.expr | ast.keyword]:
    """The arguments that another function does not take."""
    named = (each for each in call.node.keywords if each.arg is not None and each.arg not in accepted)
    return [*call.node.args[positional:], *named]


# Where `weight_decay` stands among the positional arguments; it is rarely given so.
_DECAY_POSITIONS = {"SGD": 4, "Adam": 4, "AdamW": 4, "RMSprop": 4, "Adagrad": 3, "Adadelta": 4, "Adamax": 4, "NAdam": 4}
_POWERS = {"torch.square": "mean_squared_error", "torch.abs": "mean_absolute_error"}
