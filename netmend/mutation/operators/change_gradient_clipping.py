"""Clip gradients, by norm or by value.

What it changes:
    `clipnorm` or `clipvalue` of a Keras optimiser, which becomes an object where it was a name; in PyTorch a line of
    clipping before the optimiser's step.

Parameters:
    Norm or value, each usual and tight: 1.0 and 0.5 as in the Keras reference, and a thousandth of that (own choice),
    as the usual bounds seldom do harm.

When it is wrong:
    Adam and its relatives hardly notice how long the gradient is. A program that clips already is left alone.

References:
    OCG of DeepCrime (Humbatova, Jahangirova and Tonella, ISSTA 2021, table 1). Bounds: Keras reference, optimizers.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from netmend.core.errors import Unchangeable
from netmend.mutation.operators._base import MutationOperator, NotApplicable, Opportunity, Reason
from netmend.mutation.operators._blocks import insert_before
from netmend.mutation.operators._calls import keras_calls
from netmend.mutation.operators._examples import keras, torch
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements._find import change, find_all
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call, Site, bindings_of
from netmend.program.reading.torch_program import reading_of
from netmend.program.reading.torch_spelling import spelled
from netmend.program.source import Program

BOUNDS = ("norm 1.0", "norm 0.001", "value 0.5", "value 0.0005")
KERAS_ARGUMENTS = ("clipnorm", "clipvalue", "global_clipnorm")


def _find(program: Program) -> Iterator[Opportunity | NotApplicable]:
    found = list(_opportunities(program))
    if not found:
        found = [NotApplicable(Reason.NOTHING_TO_CHANGE, "no optimiser without clipping can be seen in the text")]
    yield from found


def _opportunities(program: Program) -> Iterator[Opportunity | NotApplicable]:
    bindings = bindings_of(program)
    made = {call.site.span: call for call, _ in keras_calls(program, "optimizers")}
    for element in find_all(program):
        if element.kind != "optimiser" or element.framework != "keras" or element.value is None:
            continue
        call = made.get((element.start, element.end))
        clips = call is not None and any(bindings.argument(call, name) is not None for name in KERAS_ARGUMENTS)
        if not clips and (call is None or not bindings.opaque(call)):
            write = partial(_to_name, program, element) if call is None else partial(_to_object, call)
            yield Opportunity("gradient-clipping", element.place, element.owner, "none", write, BOUNDS)
    reading = reading_of(program)
    makers = {call.node for call in reading.optimisers}
    clips = any(call.short.startswith("clip_grad") for call in bindings.calls)
    for call in () if clips else reading.step_calls:
        owner = Site(call.file, call.node.func.value) if isinstance(call.node.func, ast.Attribute) else call.site
        if call.method == "step" and bindings.follow(owner).node in makers:
            write = partial(_before_step, program, call, owner.text)
            yield Opportunity("gradient-clipping", call.site.place, owner.text, "none", write, BOUNDS)


def _argument(value: Value) -> tuple[str, str]:
    sort, _, bound = str(value).partition(" ")
    return f"clip{sort}", bound


def _to_object(call: Call, value: Value) -> tuple[Edit, ...]:
    return (spans.add_argument(call, *_argument(value)),)


def _to_name(program: Program, element: Element, value: Value) -> tuple[Edit, ...]:
    """`"adam"` becomes an object: first one with its rate, as the element machinery writes it, then one that clips."""
    rates = (each for each in find_all(program) if each.kind == "learning-rate" and each.place == element.place)
    rate = next(rates, None)
    if rate is None or rate.value is None:
        raise Unchangeable("the optimiser is no name and no object", where=str(element.place))
    *imports, last = change(program, rate, rate.value)
    name, bound = _argument(value)
    return (*imports, replace(last, text=f"{last.text.removesuffix(')')}, {name}={bound})"))


def _before_step(program: Program, step: Call, optimiser: str, value: Value) -> tuple[Edit, ...]:
    reading = reading_of(program)
    sort, bound = _argument(value)
    function, imports = spelled(reading.bindings, step.site, f"torch.nn.utils.{sort.replace('clip', 'clip_grad_')}_")
    weights = f'[weight for group in {optimiser}.param_groups for weight in group["params"]]'
    statement = reading.bindings.scopes(step.file).statement(step.node)
    return (insert_before(step.file, statement, [f"{function}({weights}, {bound})"]), *imports)


_CLIPPED = "keras.optimizers.Adam(learning_rate=0.01, clipnorm=1.0)"
_GROUPS = '[weight for group in optimizer.param_groups for weight in group["params"]]'

operator = MutationOperator(
    acronym="OCG",
    find=_find,
    examples=(
        (keras(), "norm 1.0", keras(optimizer=_CLIPPED)),
        (
            keras(optimizer='"sgd"'),
            "value 0.5",
            keras(optimizer="keras.optimizers.SGD(learning_rate=0.01, clipvalue=0.5)"),
        ),
        (torch(), "norm 0.001", torch(before_step=f"    nn.utils.clip_grad_norm_({_GROUPS}, 0.001)\n")),
    ),
    silent_on=((keras(optimizer=_CLIPPED), Reason.NOTHING_TO_CHANGE),),
)
