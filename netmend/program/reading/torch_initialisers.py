"""Initialisers of the weights of PyTorch layers, and of their biases, which are elements of a kind of their own.

A layer that the program does not initialise has PyTorch's own default, written "default" here: uniform within
1 / sqrt(inputs), which `torch.nn.Linear` reaches by `kaiming_uniform_` with a = sqrt(5). It is narrower than
"he_uniform" by a factor of sqrt(6), so the two must not share a name.

Forms of an initialiser element:
    call        `nn.init.zeros_(self.fc1.weight)`; its text is the call.
    method      `self.fc1.weight.data.fill_(0.5)`.
    attribute   absent after `self.fc1 = nn.Linear(...)`; a statement is added.
    item        absent for `model[0]`, an item of `model = nn.Sequential(...)`; a statement is added.
    nowhere     absent where no statement can reach the layer by a name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.torch_model import Leaf
from netmend.program.reading.torch_names import INIT, INITIALISERS, WEIGHTED_SUMS
from netmend.program.reading.torch_program import Model, Reading
from netmend.program.reading.torch_spelling import spelled

DEFAULT = "default"
_KINDS = {"weight": "initialiser", "bias": "bias-initialiser"}

_FUNCTIONS = {function: name for name, (function, _) in INITIALISERS.items()}
# Parameters that belong to the value, with PyTorch's defaults.
_PARAMETERS = {
    "constant": (("val", 0.0),),
    "random_normal": (("mean", 0.0), ("std", 1.0)),
    "random_uniform": (("a", 0.0), ("b", 1.0)),
    "truncated_normal": (("mean", 0.0), ("std", 1.0)),
}
# What the names mean without numbers: the defaults of Keras's RandomNormal, RandomUniform and TruncatedNormal.
_UNWRITTEN = {"random_normal": (0.0, 0.05), "random_uniform": (-0.05, 0.05), "truncated_normal": (0.0, 0.05)}
_METHODS = {
    "zero_": "zeros",
    "fill_": "constant",
    "normal_": "random_normal",
    "uniform_": "random_uniform",
}


def find_initialisers(reading: Reading) -> Iterator[Element]:
    """Every initialiser of weights, absent ones included."""
    return _find(reading, "weight")


def find_bias_initialisers(reading: Reading) -> Iterator[Element]:
    """Every initialiser of biases, absent ones included."""
    return _find(reading, "bias")


def _find(reading: Reading, what: str) -> Iterator[Element]:
    reached: set[ast.AST] = set()
    everywhere = False
    for call in reading.bindings.calls:
        target = _target(reading, call, what)
        if target is None or ("bias" in ast.unparse(target.node)) != (what == "bias"):
            continue
        layer = reading.module(Site(target.file, _layer(target.node)))
        model = None if layer is None else next((each for each in reading.models if layer in each.numbers), None)
        if layer is None or model is None or not isinstance(layer, Leaf):
            everywhere = True
            yield _present(reading, call, what, "every layer")
        elif layer.kind in WEIGHTED_SUMS:
            reached.add(layer.call.node)
            yield _present(reading, call, what, model.owner(layer), model.numbers[layer], model.role(layer))
    if everywhere:
        return
    for model in reading.models:
        for leaf in model.numbers:
            if leaf.kind in WEIGHTED_SUMS and leaf.call.node not in reached:
                reached.add(leaf.call.node)
                if what == "weight" or _has_bias(reading, leaf):
                    yield _absent(reading, model, leaf, what)


def write_initialiser(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that put another initialiser; "default" removes the call.

    Raises:
        Unchangeable: PyTorch has no such initialiser, or no statement can reach the layer.
    """
    extra = dict(element.extra)
    if value == DEFAULT:
        return (_removed(reading, extra["call"]),)
    function, arguments = _spelling(str(value), element)
    if element.form == "nowhere":
        raise Unchangeable("no statement can reach this layer by a name", where=str(element.place))
    if element.form in {"attribute", "item"}:
        statement, target, at = extra["statement"], extra["target"], extra["at"]
        name, imports = spelled(reading.bindings, at, f"{INIT}.{function}")
        more = f", {arguments}" if arguments else ""
        return (spans.add_statement(at.file, statement, f"{name}({target}.{extra['what']}{more})"), *imports)
    call: Call = extra["call"]
    name, imports = spelled(reading.bindings, call.site, f"{INIT}.{function}")
    return (*_rewritten(call, element.form, name, arguments), *imports)


def _spelling(value: str, element: Element) -> tuple[str, str]:
    """Function of torch.nn.init, and its arguments after the tensor, for a canonical value."""
    name, _, numbers = value.removesuffix(")").partition("(")
    if name == "constant":
        return "constant_", numbers
    if name not in INITIALISERS:
        raise Unchangeable(f"PyTorch has no initialiser {value}", where=str(element.place))
    function, arguments = INITIALISERS[name]
    return function, numbers or arguments


def _rewritten(call: Call, form: str, name: str, arguments: str) -> tuple[Edit, ...]:
    file = call.file
    start, end = call.site.span
    callee = file.span(call.node.func)
    more = f", {arguments}" if arguments else ""
    if form == "method":
        dot = file.text.rindex(".", start, callee[1])
        return (Edit(file.name, start, start, f"{name}("), Edit(file.name, dot, end, f"{more})"))
    given: list[ast.expr | ast.keyword] = [*call.node.args, *call.node.keywords]
    given.sort(key=file.span)
    first, last = (spans.argument_span(call, each)[1] for each in (given[0], given[-1]))
    edits = [Edit(file.name, *callee, name)]
    if (first, more) != (last, ""):
        edits.append(Edit(file.name, first, last, more))
    return tuple(edits)


def _removed(reading: Reading, call: Call) -> Edit:
    scopes = reading.bindings.scopes(call.file)
    statement = scopes.parent(call.node)
    parent = None if statement is None else scopes.parent(statement)
    if not isinstance(statement, ast.Expr) or parent is None:
        raise Unchangeable("the result of this initialiser is used", where=str(call.site.place))
    return spans.remove_statement(call.file, statement, parent)


def _has_bias(reading: Reading, leaf: Leaf) -> bool:
    given = reading.bindings.argument(leaf.call, "bias")
    return given is None or reading.bindings.resolve(given).value is True


def _target(reading: Reading, call: Call, what: str) -> Site | None:
    """The tensor that a call initialises, or None if it initialises none."""
    if call.name.startswith(f"{INIT}.") and call.short.rstrip("_") + "_" in {*_FUNCTIONS, "constant_"}:
        return reading.bindings.argument(call, "tensor", 0)
    if call.method in _METHODS and isinstance(call.node.func, ast.Attribute):
        receiver = call.node.func.value
        if any(isinstance(each, ast.Attribute) and each.attr == what for each in ast.walk(receiver)):
            return Site(call.file, receiver)
    return None


def _layer(tensor: ast.expr) -> ast.expr:
    """`self.fc1` in `self.fc1.weight.data`."""
    while isinstance(tensor, ast.Attribute) and tensor.attr in {"weight", "bias", "data"}:
        tensor = tensor.value
    return tensor


def _present(reading: Reading, call: Call, what: str, owner: str, layer: int | None = None, role: str = "") -> Element:
    start, end = call.site.span
    form = "call" if call.name.startswith(f"{INIT}.") else "method"
    return Element(
        kind=_KINDS[what],
        place=call.site.place,
        start=start,
        end=end,
        text=call.site.text,
        value=_value(reading, call),
        absent=False,
        framework="torch",
        owner=owner,
        layer=layer,
        role=role,
        form=form,
        extra=(("call", call),),
    )


def _value(reading: Reading, call: Call) -> Value:
    """Canonical value: numbers in brackets, unless they are those that the name alone stands for."""
    function = call.short.rstrip("_") + "_" if call.name else ""
    name = _FUNCTIONS.get(function, "constant") if function else _METHODS[call.method]
    parameters = _PARAMETERS.get(name, ())
    numbers = []
    for index, (parameter, default) in enumerate(parameters):
        site = reading.bindings.argument(call, parameter, index + bool(function))
        found = default if site is None else reading.bindings.resolve(site).value
        if not isinstance(found, (int, float)):
            return None
        numbers.append(found)
    if name == "constant" and numbers[0] in (0, 1):
        return "ones" if numbers[0] else "zeros"
    if not numbers or tuple(numbers) == _UNWRITTEN.get(name):
        return name
    return f"{name}({', '.join(map(repr, numbers))})"


def _absent(reading: Reading, model: Model, leaf: Leaf, what: str) -> Element:
    statement, target = _reach(reading, leaf)
    file, offset = leaf.call.file, leaf.call.site.span[1]
    form = "nowhere" if statement is None else "item" if leaf.holder is None else "attribute"
    return Element(
        kind=_KINDS[what],
        place=file.place(offset),
        start=offset,
        end=offset,
        text="",
        value=DEFAULT,
        absent=True,
        framework="torch",
        owner=model.owner(leaf),
        layer=model.numbers[leaf],
        role=model.role(leaf),
        form=form,
        extra=(("statement", statement), ("target", target), ("at", leaf.call.site), ("what", what)),
    )


def _reach(reading: Reading, leaf: Leaf) -> tuple[ast.stmt | None, str]:
    """The statement after which a layer can be reached, and how; None if there is none."""
    file = leaf.call.file
    scopes = reading.bindings.scopes(file)
    member = leaf.member
    if isinstance(leaf.holder, ast.Assign) and len(leaf.holder.targets) == 1:
        return leaf.holder, ast.unparse(leaf.holder.targets[0])
    if member is None or member.item is None or member.display is None or member.site.file is not file:
        return None, ""
    statement = scopes.statement(member.display)
    match member.display, statement:
        case ast.Call() as display, ast.Assign(targets=[ast.Name() | ast.Attribute() as target], value=value) if (
            reading.calls.unwrapped(Site(file, value)).node is display
        ):
            index = display.args.index(member.item)
            if not any(isinstance(each, ast.Starred) for each in display.args[:index]):
                return statement, f"{ast.unparse(target)}[{index}]"
        case ast.List() as display, ast.Assign(targets=[ast.Name() | ast.Attribute() as target], value=value) if (
            member.name.isidentifier() and display in ast.walk(reading.calls.unwrapped(Site(file, value)).node)
        ):
            return statement, f"{ast.unparse(target)}.{member.name}"
    return None, ""
