"""Which local modules a program imports: files of its own folder, found without running anything.

Python looks in the script's folder first, so a local file shadows an installed package of the same name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from netmend.core.errors import SourceError
from netmend.program.source import SourceFile


def read_with_modules(path: Path) -> tuple[SourceFile, ...]:
    """The file and, after it, the local modules it imports, each once, in order of import.

    Raises:
        SourceError: a file cannot be read, decoded or compiled.
    """
    if path.suffix not in (".py", ".ipynb"):
        hint = "name a script (.py) or notebook (.ipynb)"
        if path.is_dir():
            raise SourceError("cannot read source: this is a folder", where=str(path), hint=hint)
        if path.exists():
            raise SourceError(f"cannot read source: unknown kind of file {path.suffix!r}", where=str(path), hint=hint)
    path = path.resolve()
    folder = path.parent
    if not _bytes(path).strip():
        raise SourceError("cannot read source: the file is empty", where=path.name, hint="name the script that trains")
    found: dict[str, SourceFile] = {}
    waiting = [path.name]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = SourceFile.from_bytes(name, _bytes(folder / name))
        # Python meets the modules of an imported file before the next import of the importing one.
        waiting += reversed([module for module in _imported(found[name], folder) if module not in found])
    return tuple(found.values())


def _bytes(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise SourceError("cannot read source: not a regular file", where=str(path))
        return path.read_bytes()
    except FileNotFoundError:
        raise SourceError("cannot read source: no such file", where=str(path), hint="check the path") from None
    except OSError as error:
        raise SourceError(f"cannot read source: {error.strerror}", where=str(path)) from None


def _imported(file: SourceFile, folder: Path) -> Iterator[str]:
    package = PurePosixPath(file.name).parent.parts
    statements = [node for node in ast.walk(file.tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    for node in sorted(statements, key=lambda node: (node.lineno, node.col_offset)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files(folder, tuple(alias.name.split(".")))
            continue
        above = node.level - 1
        if above > len(package):
            continue
        base = package[: len(package) - above] if node.level else ()
        module = (*base, *(node.module.split(".") if node.module else ()))
        yield from _files(folder, module)
        for alias in node.names:
            yield from _files(folder, (*module, alias.name))


def _files(folder: Path, parts: tuple[str, ...]) -> list[str]:
    """Files Python runs to import `a.b.c`; one entry per part that has a file."""
    found = []
    for count in range(1, len(parts) + 1):
        name = PurePosixPath(*parts[:count])
        for candidate in (name / "__init__.py", name.with_name(name.name + ".py")):
            if (folder / candidate).is_file() and (folder / candidate).resolve().is_relative_to(folder):
                found.append(str(candidate))
                break
    return found
