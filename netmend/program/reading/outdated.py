"""Names of earlier versions of a program's packages, and how today's versions call the same.

Renamings are those of the release notes named in `netmend.program.elements.outdated_names`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements.outdated_names import OUTDATED
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Bindings, Call, Site
from netmend.program.reading.drafts import Draft
from netmend.program.reading.keras_names import (
    DROPOUTS,
    OPTIMISERS,
    in_section,
    keras_name,
    layer_class,
)
from netmend.program.reading.keras_training import is_compile
from netmend.program.reading.old_names import (
    BEHIND,
    DROPPED,
    KEYS,
    METHODS,
    MODULES,
    MOVED,
    OF_FIT,
    OF_LAYERS,
    RENAMED,
    TYPES,
)
from netmend.program.source import SourceFile

_NAMED = 2
"""Names that a description says; the diff shows all."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A name that is outdated: how it is written, today's, and the edits that write that."""

    name: str
    now: str
    at: Site
    edits: tuple[Edit, ...]


def has_moved(module: str) -> bool:
    """Whether what a module held is found in another one today."""
    return MODULES.fullmatch(module) is not None


def outdated_drafts(bindings: Bindings) -> Iterator[Draft]:
    """One element for all outdated names of a program, at the first of them."""
    found = [each for find in _FINDERS for each in find(bindings)]
    found.sort(key=lambda each: (each.at.file.name, each.at.span))
    names = tuple(dict.fromkeys(f"{each.name} (now {each.now})" for each in found))
    owner = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} others" if len(names) > _NAMED else "")

    def write(at: Site, value: Value) -> tuple[Edit, ...]:
        if value is not None:
            raise Unchangeable("outdated names are only removed", where=str(at.place))
        return tuple(sorted({edit for each in found for edit in each.edits}))

    if found:
        at = found[0].at
        yield Draft("outdated-names", at, at, OUTDATED, owner, write, crashed_only=True)


def _arguments(bindings: Bindings) -> Iterator[_Found]:
    """Keyword arguments that have another name."""
    for call in bindings.calls:
        known = _keywords(call)
        for keyword in call.node.keywords:
            if keyword.arg in known and known[keyword.arg] not in {each.arg for each in call.node.keywords}:
                start = call.file.span(keyword)[0]
                edit = Edit(call.file.name, start, start + len(keyword.arg), known[keyword.arg])
                yield _Found(f"{keyword.arg}=", f"{known[keyword.arg]}=", call.site, (edit,))


def _keywords(call: Call) -> dict[str, str]:
    """How the keyword arguments of a call were called, and are called now."""
    if call.short.lower() in OPTIMISERS and in_section(call.name, "optimizers"):
        return {"lr": "learning_rate"}
    if call.method in ("fit", *METHODS) and not call.name:
        return OF_FIT
    layer = layer_class(call.name)
    if layer and layer != "Embedding":
        wide = {"output_dim": "units"} if layer in ("Dense", "LSTM", "GRU", "SimpleRNN") else {}
        return OF_LAYERS | wide | ({"p": "rate"} if layer in DROPOUTS else {})
    if layer:
        return {"init": "embeddings_initializer", "W_regularizer": "embeddings_regularizer"}
    return {"sparse": "sparse_output"} if call.name.endswith("preprocessing.OneHotEncoder") else {}


def _dropped(bindings: Bindings) -> Iterator[_Found]:
    """Arguments of `fit` that there are no more."""
    for call in bindings.calls:
        gone = [each for each in call.node.keywords if each.arg in DROPPED]
        if gone and call.method in ("fit", "evaluate", "predict", *METHODS) and not call.name:
            names = ", ".join(f"{each.arg}=" for each in gone)
            yield _Found(names, "of the data set", call.site, spans.remove_arguments(call, gone))


def _metrics(bindings: Bindings) -> Iterator[_Found]:
    """Metrics that `compile` is given by position, where weights of losses stand now."""
    for call in bindings.calls:
        third = call.node.args[2] if is_compile(bindings, call) and len(call.node.args) == 3 else None
        numbers = third is not None and any(
            isinstance(each, ast.Constant) and isinstance(each.value, int | float) for each in ast.walk(third)
        )
        if third is not None and not numbers:
            start, _ = spans.argument_span(call, third)
            yield _Found(
                "metrics by position", "metrics=", call.site, (Edit(call.file.name, start, start, "metrics="),)
            )


def _shapes(bindings: Bindings) -> Iterator[_Found]:
    """Shapes that are a number in parentheses, which Keras 3 does not take for a tuple of one."""
    for call in bindings.calls:
        given = bindings.argument(call, "input_shape") if layer_class(call.name) else None
        if keras_name(call.name) and call.short in ("Input", "InputLayer"):
            given = bindings.argument(call, "shape", 0)
        if given is not None and isinstance(given.node, ast.Constant) and isinstance(given.node.value, int):
            passed: list[ast.expr | ast.keyword] = [*call.node.args, *call.node.keywords]
            passed = [each for each in passed if given.node in ast.walk(each)]
            end = given.span[1]
            bare = not passed or spans.argument_span(call, passed[0])[1] == end
            comma = spans.replace(given, f"({given.text},)") if bare else Edit(call.file.name, end, end, ",")
            yield _Found(f"shape {given.text}", f"({given.text},)", given, (comma,))


def _sizes(bindings: Bindings) -> Iterator[_Found]:
    """Rows and columns of a kernel, each by itself, where the second is the strides today."""
    for call in bindings.calls:
        sizes = call.node.args[1:3]
        whole = len(sizes) == 2 and all(
            isinstance(each, ast.Constant) and isinstance(each.value, int) for each in sizes
        )
        if (
            layer_class(call.name) == "Convolution2D"
            and whole
            and not any(each.arg in ("kernel_size", "strides") for each in call.node.keywords)
        ):
            start, end = spans.argument_span(call, sizes[0])[0], spans.argument_span(call, sizes[1])[1]
            text = call.file.text[start:end]
            edits = (Edit(call.file.name, start, start, "("), Edit(call.file.name, end, end, ")"))
            yield _Found(f"kernel {text}", f"({text})", call.site, edits)


def _methods(bindings: Bindings) -> Iterator[_Found]:
    """Methods that have another name or way."""
    for call in bindings.calls:
        function = call.node.func
        if call.name or not isinstance(function, ast.Attribute):
            continue
        end = call.file.span(function)[1]
        name = Edit(call.file.name, end - len(function.attr), end, METHODS.get(function.attr, "predict"))
        if function.attr in METHODS and len(call.node.args) <= 1 + len(BEHIND[function.attr]):
            starts = (spans.argument_span(call, each)[0] for each in call.node.args[1:])
            named = (
                Edit(call.file.name, at, at, f"{new}=") for at, new in zip(starts, BEHIND[function.attr], strict=False)
            )
            yield _Found(f"{function.attr}()", f"{METHODS[function.attr]}()", call.site, (name, *named))
        elif function.attr == "predict_proba" and not _of_sklearn(bindings, call):
            yield _Found("predict_proba()", "predict()", call.site, (name,))
        elif function.attr == "predict_classes":
            closing = call.site.span[1]
            binary = any("binary_crossentropy" in ast.unparse(each.node) for each in bindings.calls
                         if is_compile(bindings, each))  # fmt: skip
            behind = ' > 0.5).astype("int32")' if binary else ".argmax(axis=-1)"
            before = (Edit(call.file.name, call.site.span[0], call.site.span[0], "("),) if binary else ()
            edits = (*before, name, Edit(call.file.name, closing, closing, behind))
            yield _Found("predict_classes()", "of predict()", call.site, edits)
        elif function.attr == "next" and not call.node.args and not call.node.keywords:
            made = bindings.call(bindings.follow(Site(call.file, function.value)))
            if made is not None and ast.unparse(made.node.func) == "iter":
                new = f"next({Site(call.file, function.value).text})"
                yield _Found(call.site.text, new, call.site, (spans.replace(call.site, new),))


def _of_sklearn(bindings: Bindings, call: Call) -> bool:
    owner = call.node.func.value if isinstance(call.node.func, ast.Attribute) else call.node
    made = bindings.call(bindings.follow(Site(call.file, owner)))
    return made is None or not keras_name(made.name)


def _modules(bindings: Bindings) -> Iterator[_Found]:
    """Imports from modules that have moved."""
    for file in bindings.program.files:
        for node in ast.walk(file.tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield from _moved(file, node, node.module)


def _moved(file: SourceFile, node: ast.ImportFrom, module: str) -> Iterator[_Found]:
    start, end = file.span(node)
    at = Site(file, ast.copy_location(ast.Constant(module), node))
    found = MODULES.fullmatch(module)
    if found is not None:
        kept = next(name for name in MOVED if found[name])
        offset = file.text.index(module, start)
        new = found[kept] + MOVED[kept]
        yield _Found(module, new, at, (Edit(file.name, offset, offset + len(module), new),))
    elif re.fullmatch(r".*keras\.utils", module) and any(each.name == "np_utils" for each in node.names):
        others = [ast.unparse(each) for each in node.names if each.name != "np_utils"]
        alias = next(each.asname or each.name for each in node.names if each.name == "np_utils")
        text = f"from {module.removesuffix('.utils')} import utils as {alias}"
        if others:
            indent = file.text[file.text.rfind("\n", 0, start) + 1 : start]
            text += f"\n{indent}from {module} import {', '.join(others)}"
        yield _Found("np_utils", "utils", at, (Edit(file.name, start, end, text),))


def _keys(bindings: Bindings) -> Iterator[_Found]:
    """Keys of a history of accuracies, which are called as `compile` is told to call them."""
    compiled = (call.node for call in bindings.calls if is_compile(bindings, call))
    if any(isinstance(each, ast.Constant) and each.value == "acc" for node in compiled for each in ast.walk(node)):
        return
    for file in bindings.program.files:
        for node in ast.walk(file.tree):
            match node:
                case ast.Subscript(value=owner, slice=ast.Constant(value=str(key)) as index) if key in KEYS:
                    held, at, new = bindings.follow(Site(file, owner)).node, Site(file, index), f'"{KEYS[key]}"'
                    if isinstance(held, ast.Attribute) and held.attr == "history":
                        yield _Found(at.text, new, at, (spans.replace(at, new),))


def _numbers(bindings: Bindings) -> Iterator[_Found]:
    """Types and functions of NumPy, and the number in a loss of PyTorch, as it was read once."""
    losses = {
        ast.unparse(call.node.func.value)
        for call in bindings.calls
        if call.method == "backward" and isinstance(call.node.func, ast.Attribute)
    }
    for file in bindings.program.files:
        for node in ast.walk(file.tree):
            match node:
                case ast.Attribute(attr=name) if name in TYPES or name in RENAMED:
                    site = Site(file, node)
                    if bindings.name(site) == f"numpy.{name}":
                        owner = Site(file, node.value).text
                        new = TYPES[name] if name in TYPES else f"{owner}.{RENAMED[name]}"
                        yield _Found(site.text, new, site, (spans.replace(site, new),))
                case ast.Subscript(value=ast.Attribute(value=owner, attr="data"), slice=ast.Constant(value=0)):
                    if ast.unparse(owner) in losses:
                        site = Site(file, node)
                        new = f"{Site(file, owner).text}.item()"
                        yield _Found(site.text, new, site, (spans.replace(site, new),))


_FINDERS: tuple[Callable[[Bindings], Iterator[_Found]], ...] = (
    _arguments,
    _dropped,
    _metrics,
    _shapes,
    _sizes,
    _methods,
    _modules,
    _keys,
    _numbers,
)
