"""Activations of PyTorch models: modules, functions, tensor methods, and places where one is usual and none stands.

Forms of an activation element:
    module      `nn.ReLU()` anywhere in a model.
    functional  `F.relu(x)`, `torch.relu(x)`; its text is what is called. Also `self.relu(x)` at the model's end, if
                that module is applied to hidden layers too.
    method      `x.relu()`; its text is the method's name.
    item        absent after an item of a Sequential; a module is inserted there.
    append      absent after `layers.append(nn.Linear(...))`; such a statement is added.
    wrap        absent around `self.fc1(x)` in `forward`; the call is wrapped in a function.
    nowhere     absent where no text can be added (a comprehension that makes several layers).

"linear" stands for no activation, or `nn.Identity()`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.torch_forward import Step, functional_activation
from netmend.program.reading.torch_items import insertion, removal
from netmend.program.reading.torch_lists import Member
from netmend.program.reading.torch_model import Leaf
from netmend.program.reading.torch_names import ACTIVATIONS, MODULE_ACTIVATIONS, NN, module_class
from netmend.program.reading.torch_program import Model, Reading
from netmend.program.reading.torch_spelling import spelled
from netmend.program.syntax import parse

_CLASS_SCORES = frozenset({"softmax", "log_softmax"})


def find_activations(reading: Reading) -> Iterator[Element]:
    """Every activation of a program, absent ones included."""
    seen: set[ast.AST] = set()
    in_step = reading.output_activations
    for call in in_step:
        seen.add(call.node)
        yield _functional(reading, call, "output", "training step")
    for index, model in enumerate(reading.models):
        for element, node in _of_model(reading, model):
            replaced = index == 0 and in_step and element.absent and element.role == "output"
            if node not in seen and not replaced:
                seen.add(node)
                yield element


def write_activation(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that make an activation another one."""
    extra = dict(element.extra)
    if value != "linear" and value not in ACTIVATIONS:
        raise Unchangeable(f"PyTorch has no activation {value}", where=str(element.place))
    if element.form in {"functional", "method"}:
        return _write_function(reading, extra["call"], element, str(value))
    if element.form == "wrap":
        return _wrapped(reading, extra["call"], str(value))
    if element.form == "nowhere":
        raise Unchangeable("there is no place for an activation after this layer", where=str(element.place))
    member: Member | None = extra["member"]
    if element.form == "module":
        call: Call = extra["call"]
        if value == "linear" and (removed := removal(reading, member)) is not None:
            return (removed,)
        text, imports = _module_text(reading, call.site, str(value), call)
        return (spans.replace(call.site, text), *imports)
    assert member is not None
    text, imports = _module_text(reading, member.site, str(value))
    return (*insertion(reading, member, text, str(value)), *imports)


# Finding


def _of_model(reading: Reading, model: Model) -> Iterator[tuple[Element, ast.AST]]:
    last = model.flow.last
    outputs = set() if last is None else set(model.flow.after(last))
    hidden = {step.leaf for step in model.flow.steps if step not in outputs}
    for step in model.flow.steps:
        role = "output" if step in outputs else "hidden"
        shared = role == "output" and step.leaf is not None and step.leaf in hidden
        if shared and step.call is not None and step.activation:
            # A change of the module would change the hidden layers that use it, so its call here is what changes.
            made = _functional(reading, step.call, role, _after(reading, model, step))
            yield replace(made, value=step.activation, form="functional", **_called(step.call)), step.call.node
        elif step.leaf is not None and step.activation:
            yield _module(model, step.leaf, role), step.leaf.call.node
        elif step.call is not None and step.activation:
            yield _functional(reading, step.call, role, _after(reading, model, step)), step.call.node
        elif step.weighted_sum and model.traced:
            absent = _absent(model, step)
            if absent is not None:
                yield absent
    for leaf in model.numbers:
        if leaf.kind in MODULE_ACTIVATIONS:
            yield _module(model, leaf, "hidden"), leaf.call.node


def _module(model: Model, leaf: Leaf, role: str) -> Element:
    start, end = leaf.call.site.span
    return Element(
        kind="activation",
        place=leaf.call.site.place,
        start=start,
        end=end,
        text=leaf.call.site.text,
        value=MODULE_ACTIVATIONS[leaf.kind],
        absent=False,
        framework="torch",
        owner=model.owner(leaf),
        layer=model.numbers.get(leaf),
        role=role,
        form="module",
        extra=(("call", leaf.call), ("member", leaf.member)),
    )


def _functional(reading: Reading, call: Call, role: str, owner: str) -> Element:
    value = functional_activation(reading.calls, call)
    file = call.file
    start, end = file.span(call.node.func)
    form = "method" if _is_method(reading, call) else "functional"
    if form == "method":
        start = end - len(call.method)
    return Element(
        kind="activation",
        place=file.place(start),
        start=start,
        end=end,
        text=file.text[start:end],
        value=value,
        absent=False,
        framework="torch",
        owner=owner,
        role=role,
        form=form,
        extra=(("call", call),),
    )


def _called(call: Call) -> dict[str, Any]:
    """Place and text of what is called."""
    start, end = call.file.span(call.node.func)
    return {"place": call.file.place(start), "start": start, "end": end, "text": call.file.text[start:end]}


def _after(reading: Reading, model: Model, step: Step) -> str:
    """ "fc1 in forward"."""
    source = model.flow.before(step)
    assert step.call is not None
    function = reading.bindings.scopes(step.call.file).function(step.call.node)
    place = function.name if function is not None else "forward"
    if source is None or source.leaf is None:
        return place
    if source.call is None:
        return f"{model.owner(source.leaf)} in {place}"
    return f"{ast.unparse(source.call.node.func).removeprefix('self.')} in {place}"


def _absent(model: Model, step: Step) -> tuple[Element, ast.AST] | None:
    leaf = step.leaf
    after = model.flow.after(step)
    is_output = step is model.flow.last
    if leaf is None or any(each.activation for each in after) or not (is_output or model.flow.next_weights(step)):
        return None
    target = _after_normalisations(model, step)
    member = target.leaf.member if target.leaf is not None else None
    form, node, offset = "nowhere", leaf.call.node, leaf.call.site.span[1]
    extra: tuple[tuple[str, Any], ...] = ()
    if target.call is not None:
        form, node, offset, extra = "wrap", target.call.node, target.call.site.span[0], (("call", target.call),)
    elif member is not None and member.item is not None:
        form, extra = "item", (("member", member),)
        offset = member.site.file.span(member.item)[1]
    elif member is not None and member.statement is not None:
        form, extra = "append", (("member", member),)
        offset = member.site.file.span(member.statement)[1]
    file = leaf.call.file if target.call is None else target.call.file
    element = Element(
        kind="activation",
        place=file.place(offset),
        start=offset,
        end=offset,
        text="",
        value="linear",
        absent=True,
        framework="torch",
        owner=model.owner(leaf),
        layer=model.numbers.get(leaf),
        role="output" if is_output else "hidden",
        form=form,
        extra=extra,
    )
    return element, node


def _after_normalisations(model: Model, step: Step) -> Step:
    """The last of the normalisations that directly follow a layer, or the layer."""
    while True:
        followers = [each for each in model.flow.steps if step in each.sources]
        if len(followers) != 1 or not followers[0].normalisation:
            return step
        step = followers[0]


def _is_method(reading: Reading, call: Call) -> bool:
    return not call.name and not reading.bindings.name(reading.bindings.follow(Site(call.file, call.node.func)))


# Writing


def _module_text(reading: Reading, at: Site, value: str, old: Call | None = None) -> tuple[str, tuple[Edit, ...]]:
    if value == "linear":
        name, imports = spelled(reading.bindings, at, f"{NN}.Identity")
        return f"{name}()", imports
    activation = ACTIVATIONS[value]
    if not activation.module:
        raise Unchangeable(f"PyTorch has no module for {value}", where=str(at.place))
    name, imports = spelled(reading.bindings, at, f"{NN}.{activation.module}")
    if old is not None and value in _CLASS_SCORES and MODULE_ACTIVATIONS.get(module_class(old.name)) in _CLASS_SCORES:
        return name + old.site.text[old.file.span(old.node.func)[1] - old.site.span[0] :], imports
    return f"{name}({activation.arguments})", imports


def _function_text(reading: Reading, at: Site, value: str) -> tuple[str, str, tuple[Edit, ...]]:
    activation = ACTIVATIONS[value]
    name, imports = spelled(reading.bindings, at, *activation.functions)
    return name, activation.arguments, imports


def _wrapped(reading: Reading, call: Call, value: str) -> tuple[Edit, ...]:
    name, arguments, imports = _function_text(reading, call.site, value)
    start, end = call.site.span
    more = f", {arguments}" if arguments else ""
    return (Edit(call.file.name, start, start, f"{name}("), Edit(call.file.name, end, end, f"{more})"), *imports)


def _write_function(reading: Reading, call: Call, element: Element, value: str) -> tuple[Edit, ...]:
    if element.form == "method":
        return _write_method(reading, call, element, value)
    if value == "linear":
        return _unwrapped(call)
    name, arguments, imports = _function_text(reading, Site(call.file, call.node.func), value)
    given = bool(functional_activation(reading.calls, call))  # not where a module has the arguments
    kept = given and element.value in _CLASS_SCORES and value in _CLASS_SCORES
    return (
        Edit(call.file.name, element.start, element.end, name),
        *(() if kept else _more_arguments(call, arguments)),
        *imports,
    )


def _more_arguments(call: Call, arguments: str) -> tuple[Edit, ...]:
    """Replace everything after a function's first argument."""
    file = call.file
    arguments_given: list[ast.expr | ast.keyword] = [*call.node.args, *call.node.keywords]
    given = sorted(spans.argument_span(call, each) for each in arguments_given)
    if not given:
        raise Unchangeable("the activation is given no input", where=str(call.site.place))
    start, end = given[0][1], given[-1][1]
    text = f", {arguments}" if arguments else ""
    return (Edit(file.name, start, end, text),) if (start, text) != (end, "") else ()


def _unwrapped(call: Call) -> tuple[Edit, ...]:
    """Leave only the input of an activation function. Parentheses stay where line breaks or precedence need them."""
    file, text = call.file, call.file.text
    given: list[ast.expr | ast.keyword] = sorted([*call.node.args, *call.node.keywords], key=file.span)
    if not given:
        raise Unchangeable("the activation is given no input", where=str(call.site.place))
    first = given[0].value if isinstance(given[0], ast.keyword) else given[0]
    start, end = call.site.span
    inner_start, inner_end = file.span(first)
    last_end = spans.argument_span(call, given[-1])[1]
    before, after = text[start:inner_start], text[last_end:end]
    atom = isinstance(first, (ast.Name, ast.Call, ast.Attribute, ast.Subscript))
    if atom and "\n" not in before + after and _stands_alone(text[inner_start:inner_end]):
        return (Edit(file.name, start, inner_start, ""), Edit(file.name, inner_end, end, ""))
    opening = file.span(call.node.func)[1]
    comma = after.find(",") if "#" not in after.partition(",")[0] else -1
    stop, first_end = last_end + comma + 1, spans.argument_span(call, given[0])[1]
    edits = [Edit(file.name, start, opening, "")]
    if isinstance(given[0], ast.keyword):
        edits.append(Edit(file.name, file.span(given[0])[0], inner_start, ""))
    if stop > first_end:
        edits.append(Edit(file.name, first_end, stop, ""))
    return tuple(edits)


def _stands_alone(expression: str) -> bool:
    """Whether an expression needs no brackets around it in order to go on over several lines."""
    try:
        parse(expression)
    except SyntaxError:
        return False
    return True


def _write_method(reading: Reading, call: Call, element: Element, value: str) -> tuple[Edit, ...]:
    file = call.file
    start, end = call.site.span
    dot = file.text.rindex(".", start, element.start)
    if value == "linear":
        return (Edit(file.name, dot, end, ""),)
    activation = ACTIVATIONS[value]
    if not activation.method:
        name, arguments, imports = _function_text(reading, call.site, value)
        more = f", {arguments}" if arguments else ""
        return (Edit(file.name, start, start, f"{name}("), Edit(file.name, dot, end, f"{more})"), *imports)
    if element.value in _CLASS_SCORES and value in _CLASS_SCORES:
        return (Edit(file.name, element.start, element.end, activation.method),)
    return (Edit(file.name, element.start, end, f"{activation.method}({activation.arguments})"),)
