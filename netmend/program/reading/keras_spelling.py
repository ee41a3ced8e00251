"""How a name of Keras is written at a place of a program, with the imports that the program has."""

from __future__ import annotations

import ast

from netmend.core.errors import Unchangeable
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Bindings, Site
from netmend.program.reading.keras_names import ROOTS
from netmend.program.reading.spelling import written


def spelled(bindings: Bindings, at: Site, name: str) -> tuple[str, tuple[Edit, ...]]:
    """The text that means a name of Keras at a place, and the import it needs (none where one can be reused).

    Args:
        bindings: of the program.
        at: where the text will stand.
        name: under the root `keras`: "keras.optimizers.Adam".

    Raises:
        Unchangeable: no import gives the name, and its last part means something else there.
    """
    roots = _roots(bindings, at)
    found = [text for root in roots if (text := written(bindings, at, root + name.removeprefix("keras")))]
    if found:
        return found[0], ()
    module, _, last = name.rpartition(".")
    if bindings.scopes(at.file).bindings(last, at.node):
        raise Unchangeable(f"no import gives {name}, and the name {last} is taken", where=str(at.place))
    root = roots[0] + module.removeprefix("keras")
    return last, (spans.add_import(at.file, f"from {root} import {last}", at.span[0]),)


def sibling(bindings: Bindings, at: Site, name: str) -> tuple[str, tuple[Edit, ...]]:
    """The text for another class of the module a written class comes from: `optimizers.SGD` beside `optimizers.Adam`.

    Args:
        bindings: of the program.
        at: the written class, as a Name or Attribute.
        name: under the root `keras`.

    Raises:
        Unchangeable: as `spelled`.
    """
    if isinstance(at.node, ast.Attribute):
        owner = Site(at.file, at.node.value).text
        return f"{owner}.{name.rpartition('.')[2]}", ()
    return spelled(bindings, at, name)


def _roots(bindings: Bindings, at: Site) -> list[str]:
    """The packages from which the program takes Keras, those of the file first; plain `keras` if none can be seen."""
    files = [at.file, *(file for file in bindings.program.files if file is not at.file)]
    modules = [
        module
        for file in files
        for node in ast.walk(file.tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for module in _modules(node)
    ]
    packages = [root for root, meaning in ROOTS.items() if meaning == "keras"]
    found = [
        "tensorflow.keras" if module == "tensorflow" else root
        for module in modules
        for root in (*packages, "tensorflow")
        if module == root or module.startswith(f"{root}.")
    ]
    return list(dict.fromkeys(root for root in found if root in packages)) or ["keras"]


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{node.module}.{alias.name}" for alias in node.names] if node.module and not node.level else []
