"""Whether a program makes classes of its model's outputs by rounding them or comparing them with 0.5."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from netmend.program.elements._base import Element
from netmend.program.reading.bindings import Bindings, Site

_ROUNDING = {"torch.round", "numpy.round", "numpy.rint", "numpy.around", "tensorflow.round", "keras.ops.round"}
_SAME_NUMBERS = {
    *("squeeze", "flatten", "ravel", "view", "reshape"),
    *("detach", "cpu", "cuda", "numpy", "to", "float", "double", "data"),
}
_PREDICTING = {"predict", "predict_on_batch", "forward"}
_DEEPEST = 6  # names followed one after another (own choice)


def marked(elements: Iterable[Element], bindings: Bindings) -> tuple[Element, ...]:
    """The elements of a program, with a mark on each sigmoid at a model's end if the program rounds outputs."""
    found = tuple(elements)
    shares = [each for each in found if each.role == "output" and each.value in ("sigmoid", "hard_sigmoid")]
    if not shares or not rounds_outputs(bindings):
        return found
    return tuple(replace(each, read_as_shares=True) if each in shares else each for each in found)


def rounds_outputs(bindings: Bindings) -> bool:
    """Whether what a model puts out, as far as can be told, is rounded or compared with 0.5 somewhere.

    What a function is given counts as an output; what another function of a library has made of outputs does not.
    """
    for file in bindings.program.files:
        for node in ast.walk(file.tree):
            operand = _halved(bindings, Site(file, node)) if isinstance(node, ast.expr) else None
            if operand is not None and _is_output(bindings, Site(file, operand), 0):
                return True
    return False


def _halved(bindings: Bindings, site: Site) -> ast.expr | None:
    """What an expression rounds or compares with 0.5; None if it does neither."""
    match site.node:
        case ast.Compare(left=left, ops=[ast.Gt() | ast.GtE()], comparators=[ast.Constant(value=0.5)]):
            return left
        case ast.Call(func=ast.Attribute(value=inner, attr="round"), args=[], keywords=[]):
            return inner
        case ast.Call(args=[inner], keywords=[]):
            call = bindings.call(site)
            return inner if call is not None and call.name in _ROUNDING else None
    return None


def _is_output(bindings: Bindings, site: Site, depth: int) -> bool:
    match site.node:
        case ast.Call(func=ast.Attribute(value=inner, attr=method)) if method in _SAME_NUMBERS:
            return _is_output(bindings, Site(site.file, inner), depth)
        case ast.Attribute(value=inner, attr=method) if method in _SAME_NUMBERS:
            return _is_output(bindings, Site(site.file, inner), depth)
        case ast.Subscript(value=inner):
            return _is_output(bindings, Site(site.file, inner), depth)
        case ast.Call(func=ast.Attribute(attr=method)) if method in _PREDICTING:
            return True
        case ast.Call():
            return _calls_a_model(bindings, site)
        case ast.Name(id=name) if depth < _DEEPEST:
            found = bindings.scopes(site.file).bindings(name, site.node)
            before = [each for each in found if getattr(each.node, "lineno", 0) < site.node.lineno]
            return any(
                isinstance(each.node, ast.arg)
                or (each.value is not None and _is_output(bindings, Site(site.file, each.value), depth + 1))
                for each in before[-1:] or found
            )
    return False


def _calls_a_model(bindings: Bindings, site: Site) -> bool:
    """Whether an object is called, and no function or class of a library or of the program."""
    call = bindings.call(site)
    match site.node:
        case ast.Call(func=ast.Name(id=name)) if call is not None and not call.name:
            return bool(bindings.scopes(site.file).bindings(name, site.node))
        case ast.Call(func=ast.Attribute(value=ast.Name(id="self"))):
            return True
    return False
