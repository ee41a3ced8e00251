"""How a person would write a value: numbers without noise, strings in the quotes the file uses, names as imported."""

from __future__ import annotations

import ast

from netmend.program.reading.bindings import Bindings, Site


def number(value: float) -> str:
    """A number as a person writes it: 0.001, 1e-5, 32; at most twelve digits, so that 3 * 0.1 is 0.3."""
    if isinstance(value, int):
        return str(value)
    text = f"{value:.12g}" if abs(value) >= 1e-4 or value == 0 else f"{value:.12e}"
    mantissa, mark, exponent = text.partition("e")
    if not mark:
        return text if "." in text else f"{text}.0"
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"


def string(value: str, like: str, text: str) -> str:
    """A string literal in the quotes of the literal it replaces, else in those the file uses more often."""
    for quote in ("'", '"'):
        if like.lstrip("rRuU").startswith(quote):
            return f"{quote}{value}{quote}"
    quote = "'" if text.count("'") > text.count('"') else '"'
    return f"{quote}{value}{quote}"


def written(bindings: Bindings, at: Site, name: str) -> str:
    """The shortest way to write a dotted name with the imports visible at a place; "" if none gives it."""
    scopes = bindings.scopes(at.file)
    module, _, last = name.rpartition(".")
    found = [last] if module in scopes.stars and not scopes.bindings(last, at.node) else []
    for node in ast.walk(at.file.tree):
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        for alias in node.names:
            local = alias.asname or alias.name.partition(".")[0]
            origins = {each.imported for each in scopes.bindings(local, at.node)}
            origin = next(iter(origins)) if len(origins) == 1 else ""
            if origin == name:
                found.append(local)
            elif origin and name.startswith(f"{origin}."):
                found.append(local + name.removeprefix(origin))
    return min(found, key=len, default="")
