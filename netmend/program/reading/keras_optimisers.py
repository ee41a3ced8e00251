"""Optimisers and learning rates of a Keras program, whether a string, an object or left to the default."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import partial

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements.rate_schedule import EACH_UPDATE, NONE
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Bindings, Call, Site
from netmend.program.reading.drafts import Draft
from netmend.program.reading.keras_clipping import clipping_of_name, clipping_of_object
from netmend.program.reading.keras_momentum import momentum_drafts
from netmend.program.reading.keras_names import DEFAULT_OPTIMISER, OPTIMISERS, in_section
from netmend.program.reading.keras_spelling import sibling, spelled
from netmend.program.reading.keras_training import is_compile
from netmend.program.reading.keras_values import Meaning, absent_draft, number_draft, quoted, replacing
from netmend.program.reading.spelling import number


def optimiser_drafts(bindings: Bindings) -> Iterator[Draft]:
    """Optimiser and learning rate of every `compile`, then of optimisers that no `compile` uses."""
    used: set[ast.AST] = set()
    for call in bindings.calls:
        if is_compile(bindings, call):
            for draft in _of_compile(bindings, call):
                used.add(draft.target.node)
                yield draft
    for call in bindings.calls:
        if in_section(call.name, "optimizers").lower() in OPTIMISERS and call.node not in used:
            yield from _of_object(bindings, call.site, call, call.short)


def rate_object_drafts(bindings: Bindings) -> Iterator[Draft]:
    """Every schedule that an optimiser is given for its rate; without it the rate stays as the schedule starts."""
    for call in bindings.calls:
        rate = bindings.argument(call, "learning_rate", 0)
        if rate is None or in_section(call.name, "optimizers").lower() not in OPTIMISERS:
            continue
        schedule = _schedule(bindings, rate)
        first = None if schedule is None else bindings.argument(schedule, "initial_learning_rate", 0)
        if schedule is not None and first is not None:
            write = partial(_without_schedule, bindings, first)
            yield Draft("rate-schedule", rate, rate, EACH_UPDATE, schedule.short, write, local=False)


def _schedule(bindings: Bindings, rate: Site) -> Call | None:
    made = bindings.call(bindings.follow(rate))
    return made if made is not None and ".schedules." in f".{made.name}" else None


def _without_schedule(bindings: Bindings, first: Site, at: Site, value: Value) -> tuple[Edit, ...]:
    rate = bindings.resolve(first).value
    if value != NONE or isinstance(rate, bool) or not isinstance(rate, (int, float)):
        raise Unchangeable(f"a schedule of the optimiser cannot be made {value}", where=str(at.place))
    return (spans.replace(at, number(rate)),)


def _of_compile(bindings: Bindings, call: Call) -> Iterator[Draft]:
    use = bindings.argument(call, "optimizer", 0)
    if use is None:
        spell = partial(_spelled_optimiser, bindings)
        absent = absent_draft(bindings, call, "optimiser", "optimizer", DEFAULT_OPTIMISER, "compile", spell)
        if absent is not None:
            yield absent
        return
    meaning = Meaning(bindings, use)
    if meaning.call is not None and meaning.name == "get":
        inner = bindings.argument(meaning.call, "identifier", 0)
        meaning = Meaning(bindings, inner) if inner is not None else meaning
    if meaning.call is not None:
        yield from _of_object(bindings, use, meaning.call, "compile")
        return
    value = str(meaning.literal).lower() if isinstance(meaning.literal, str) else meaning.name.lower()
    write = replacing(partial(_spelled_optimiser, bindings))
    known = OPTIMISERS.get(value)
    yield Draft("optimiser", use, meaning.target, value if known else None, "compile", write, form=meaning.form)
    if known is not None:
        rate = partial(_write_rate_of_name, bindings, known.name)
        start = meaning.target.span[0]
        yield Draft("learning-rate", use, meaning.target, known.learning_rate, known.name, rate, start)
        yield clipping_of_name(bindings, use, meaning.target, known.name)


def _of_object(bindings: Bindings, use: Site, call: Call, owner: str) -> Iterator[Draft]:
    name = in_section(call.name, "optimizers")
    known = OPTIMISERS.get(name.lower())
    write = partial(_write_object, bindings, call)
    value = name.lower() if known else None
    yield Draft("optimiser", use, call.site, value, owner, write, form="object", local=False)
    if known is None:
        return
    parameter = "lr" if bindings.argument(call, "lr") is not None else "learning_rate"
    rate = bindings.argument(call, parameter, 0)
    schedule = None if rate is None else _schedule(bindings, rate)
    if schedule is not None:
        draft = _initial_rate(bindings, schedule, known.name)
    else:
        draft = number_draft(bindings, call, "learning-rate", parameter, 0, known.name, known.learning_rate, False)
    if draft is not None:
        yield draft
    yield from momentum_drafts(bindings, call, known.name)
    yield from clipping_of_object(bindings, call, known.name)


def _initial_rate(bindings: Bindings, schedule: Call, owner: str) -> Draft | None:
    """The rate a schedule starts from; its value is unknown, as the rate changes during training."""
    draft = number_draft(bindings, schedule, "learning-rate", "initial_learning_rate", 0, owner, None, False)
    if draft is None or draft.value is None:
        return None
    return Draft("learning-rate", draft.use, draft.target, None, owner, draft.write, form="schedule")


def _name_and_rate(value: Value, at: Site) -> tuple[str, str]:
    """Class and rate of "adam" or "adam(0.01)"; the rate is "" if none is stated."""
    parts = re.fullmatch(r"(\w+)(?:\((\d+(?:\.\d*)?(?:e[-+]?\d+)?)\))?", str(value))
    known = OPTIMISERS.get(parts[1]) if parts else None
    if parts is None or known is None:
        raise Unchangeable(f"Keras has no optimiser {value!r}", where=str(at.place))
    return known.name, number(float(parts[2])) if parts[2] else ""


def _spelled_optimiser(bindings: Bindings, at: Site, value: Value) -> tuple[str, tuple[Edit, ...]]:
    name, rate = _name_and_rate(value, at)
    if not rate:
        return quoted(at, name.lower())
    function, imports = spelled(bindings, at, f"keras.optimizers.{name}")
    return f"{function}(learning_rate={rate})", imports


def _write_rate_of_name(bindings: Bindings, name: str, at: Site, value: Value) -> tuple[Edit, ...]:
    """`"adam"` becomes `keras.optimizers.Adam(learning_rate=0.01)`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Unchangeable(f"{value!r} is no number", where=str(at.place))
    function, imports = spelled(bindings, at, f"keras.optimizers.{name}")
    return (*imports, spans.replace(at, f"{function}(learning_rate={number(value)})"))


def _write_object(bindings: Bindings, call: Call, at: Site, value: Value) -> tuple[Edit, ...]:
    """Another class with the same learning rate; arguments that the new class does not take are removed."""
    name, rate = _name_and_rate(value, at)
    if bindings.opaque(call) or any(keyword.arg is None for keyword in call.node.keywords):
        raise Unchangeable("the optimiser takes arguments from a dictionary", where=str(at.place))
    function = Site(call.file, call.node.func)
    text, imports = sibling(bindings, function, f"keras.optimizers.{name}")
    accepted = OPTIMISERS[name.lower()].accepts
    unfit: list[ast.expr | ast.keyword] = [*call.node.args[1:]]
    unfit += [keyword for keyword in call.node.keywords if keyword.arg not in accepted]
    edits = [*imports, spans.replace(function, text), *spans.remove_arguments(call, unfit)]
    if rate:
        parameter = "lr" if bindings.argument(call, "lr") is not None else "learning_rate"
        present = bindings.argument(call, parameter, 0)
        if present is None and unfit:
            # What is removed and what is added would meet; the arguments are written anew.
            kept = [keyword for keyword in call.node.keywords if keyword not in unfit]
            arguments = [f"learning_rate={rate}", *(_text(call, keyword) for keyword in kept)]
            return (*imports, spans.replace(call.site, f"{text}({', '.join(arguments)})"))
        edits.append(
            spans.add_argument(call, parameter, rate)
            if present is None
            else spans.replace(bindings.resolve(present).site, rate)
        )
    return tuple(edits)


def _text(call: Call, keyword: ast.keyword) -> str:
    start, end = call.file.span(keyword)
    return call.file.text[start:end]
