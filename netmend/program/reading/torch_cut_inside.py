"""Where the `forward` of a PyTorch model cuts layers off from their gradients.

Frozen features, targets of a loss and vectors looked up in a code book are cut off on purpose, so whether such a place
is at fault only a run can tell: by weights that stay as they were.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from netmend.program.reading.bindings import Site
from netmend.program.reading.pretrained import loads_weights, trains_twice
from netmend.program.reading.torch_cut_off import Cut, bare_of, switched_on, switches, uncovered, without_statement
from netmend.program.reading.torch_model import Group, Leaf, nodes
from netmend.program.reading.torch_names import WEIGHTED
from netmend.program.reading.torch_program import Reading
from netmend.program.source import SourceFile


def cuts_inside(reading: Reading) -> Iterator[tuple[Leaf, Cut]]:
    """Every place in the `forward` of the trained model that cuts off layers with weights, and the last of these.

    None in a program that loads weights or trains twice: what is cut off there may have been trained before.
    """
    if not reading.models or loads_weights(reading.bindings) or trains_twice(reading.bindings, frozenset({"backward"})):
        return
    seen: set[ast.AST] = set()
    for group in nodes(reading.models[0].root):
        where = group.where if isinstance(group, Group) else None
        found = None if where is None else reading.calls.method(where, "forward")
        if found is None or found[1] in seen or not isinstance(group, Group):
            continue
        file, forward = found
        seen.add(forward)
        applied = list(_applied(group, forward))
        yield from _switched_off(reading, file, applied)
        for cut in _detached(reading, file, forward):
            before = [leaf for node, leaf in applied if file.span(node)[0] < cut.at.span[1]]
            if before:
                yield before[-1], cut


def _applied(group: Group, forward: ast.AST) -> Iterator[tuple[ast.Call, Leaf]]:
    """Where `forward` applies a part with weights, and the last layer of it that has some, in the order of the text."""
    calls = [node for node in ast.walk(forward) if isinstance(node, ast.Call)]
    for node in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)):
                part = group.children.get(name)
                inside = [] if part is None else list(nodes(part))
                weighted = [each for each in inside if isinstance(each, Leaf) and each.kind in WEIGHTED]
                if weighted:
                    yield node, weighted[-1]


def _switched_off(
    reading: Reading, file: SourceFile, applied: list[tuple[ast.Call, Leaf]]
) -> Iterator[tuple[Leaf, Cut]]:
    """Blocks without gradients, or a whole `forward`, in which a layer with weights is applied."""
    seen: set[ast.AST] = set()
    for node, leaf in applied:
        call = reading.bindings.call(Site(file, node))
        for switch in () if call is None else switches(reading, call):
            if switch.node not in seen:
                seen.add(switch.node)
                yield leaf, switched_on(switch)


def _detached(reading: Reading, file: SourceFile, forward: ast.AST) -> Iterator[Cut]:
    """Results that are detached or made a new tensor of, and used further on."""
    scopes = reading.bindings.scopes(file)
    inside: set[ast.AST] = set()
    for node in ast.walk(forward):
        if node in inside or not isinstance(node, ast.Call | ast.Attribute):
            continue
        site = Site(file, node)
        bare, cut, told = bare_of(reading, site)
        if not cut or bare is node:
            continue
        inside |= set(ast.walk(node))
        statement = scopes.statement(node)
        match statement, bare:
            case ast.Assign(targets=[ast.Name(id=name)], value=value), ast.Name(id=same) if (
                value is node and name == same
            ):
                yield from without_statement(reading, site, statement, silent=told)
            case ((ast.Assign(targets=[ast.Name()]) | ast.Return()), ast.Name() | ast.Call()):
                yield Cut(site, (uncovered(site, bare),), told)
