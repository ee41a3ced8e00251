"""Mutations that insert lines of source before a statement."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from netmend.core.errors import Unchangeable
from netmend.program.places import Edit
from netmend.program.source import SourceFile


def insert_before(file: SourceFile, statement: ast.stmt, lines: Sequence[str]) -> Edit:
    """The edit that puts lines before a statement, indented as it is.

    Raises:
        Unchangeable: the statement does not begin its line.
    """
    start = file.span(statement)[0]
    first = file.text.rfind("\n", 0, start) + 1
    indent = file.text[first:start]
    if indent.strip():
        raise Unchangeable("no line can be put before a statement that shares its line", where=str(file.place(start)))
    return Edit(file.name, first, first, "".join(f"{indent}{line}\n" if line else "\n" for line in lines))


def free_names(file: SourceFile, names: Sequence[str]) -> dict[str, str]:
    """For each name one like it that the file does not use."""
    used = {node.id for node in ast.walk(file.tree) if isinstance(node, ast.Name)}
    used |= {node.arg for node in ast.walk(file.tree) if isinstance(node, ast.arg)}
    used |= {
        alias.asname or alias.name
        for node in ast.walk(file.tree)
        for alias in getattr(node, "names", ())
        if isinstance(alias, ast.alias)
    }
    found = {}
    for name in names:
        free = name
        while free in used:
            free += "_"
        found[name] = free
    return found
