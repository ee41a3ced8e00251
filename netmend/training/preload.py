"""Which modules a program imports before its own work begins, and in what environment; found without running it.

Importing a framework costs more than many trainings. What every run imports anyway is imported once, in a template
process that runs are forked from. That is only right if the template imports the same modules under the same
environment variables as the program would: a constant assigned to `os.environ` at module level is taken over, and
anything this analysis cannot follow means that nothing is imported ahead.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from netmend.program.source import Program, SourceFile
from netmend.training.environment import THREADS

DECISIVE = ("KERAS", "TF_", "XLA", "JAX", "CUDA", "TORCH", "PYTORCH", "DDE_", "MKL", "OMP")
"""Beginnings of variables that frameworks read at import; others may change later without harm."""

TORCH_OPTIMISER = "torch._dynamo"
"""Imported by the first optimiser of a program, at the cost of `import torch` itself (own measurement: 1.1 s). Keras on
torch imports it anyway."""


@dataclass(frozen=True, slots=True)
class Preload:
    """What may be imported ahead of a program.

    Attributes:
        modules: dotted names, in the order in which the program imports them.
        environment: variables the program sets before that; a variable its user has set and that the program only
            gives a default is not among them.
        reason: why nothing is imported ahead, one sentence; empty if something is, or the program imports nothing.
    """

    modules: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    reason: str = ""


def preload_of(program: Program, environment: Mapping[str, str]) -> Preload:
    """What a program imports at module level from outside its own folder, and the environment it imports it in.

    Args:
        environment: the variables the program is started with.
    """
    reading = _Reading(program, environment)
    reading.read(program.main)
    modules, assigned = tuple(reading.modules), reading.assigned
    if any(name.partition(".")[0] == "torch" for name in modules):
        modules += (TORCH_OPTIMISER,)
    return Preload(modules, assigned, reading.unclear)


class _Reading:
    """Walks module-level statements in the order in which Python runs them."""

    def __init__(self, program: Program, environment: Mapping[str, str]) -> None:
        self.modules: dict[str, None] = {}
        self.assigned: dict[str, str] = {}
        self.unclear = ""
        self._later: dict[str, str] = {}  # assigned since the last import: matters only if another follows
        self._doubt = ""
        self._files = {file.name: file for file in program.files}
        self._folder = PurePosixPath(program.main.name).parent
        self._environment = environment
        self._read: set[str] = set()

    def read(self, file: SourceFile) -> None:
        """Take in one file and, where it imports them, the local modules."""
        if file.name not in self._read:
            self._read.add(file.name)
            self._statements(file, file.tree.body)

    def _statements(self, file: SourceFile, statements: list[ast.stmt]) -> None:
        for statement in statements:
            if isinstance(statement, ast.Import):
                for alias in statement.names:
                    self._import(self._folder, alias.name, [])
            elif isinstance(statement, ast.ImportFrom):
                folder = PurePosixPath(file.name).parents[statement.level - 1] if statement.level else self._folder
                names = [alias.name for alias in statement.names]
                self._import(folder, statement.module or "", names, relative=statement.level > 0)
            elif isinstance(statement, ast.Try | ast.With) or _is_main_guard(statement):
                self._statements(file, statement.body)  # type: ignore[attr-defined]
            else:
                self._assign(f"{file.name}:{statement.lineno}", statement)

    def _import(self, folder: PurePosixPath, module: str, names: list[str], *, relative: bool = False) -> None:
        parts = module.split(".") if module else []
        paths = [folder.joinpath(*parts[:depth]) for depth in range(1, len(parts) + 1)]
        if self._local(paths) or relative:
            self._local([folder.joinpath(*parts, name) for name in names])
        elif parts[0] not in sys.stdlib_module_names and not self.unclear:
            self.unclear = self._doubt
            if not self.unclear:
                self.assigned |= self._later
                self.modules[module] = None

    def _local(self, paths: list[PurePosixPath]) -> bool:
        """Read the local modules among these; whether there were any."""
        found = [name for path in paths for name in (f"{path}.py", f"{path}/__init__.py") if name in self._files]
        for name in found:
            self.read(self._files[name])
        return bool(found)

    def _assign(self, place: str, statement: ast.stmt) -> None:
        """Take over what a statement does to `os.environ`, or doubt every later import."""
        default = _names_an_absent_variable(statement)
        certain = default or isinstance(statement, ast.Assign | ast.Expr)
        known = {*self._environment, *self.assigned, *self._later}
        for name, value, only_default in _settings(statement):
            if name is None or value is None or not certain:
                if name is None or name.startswith(DECISIVE):
                    self._doubt = f"{place} sets environment variables in a way that only a run can tell"
            elif name not in THREADS and not ((default or only_default) and name in known):
                self._later[name] = value


def _settings(statement: ast.stmt) -> Iterator[tuple[str | None, str | None, bool]]:
    """Name, value (None if computed) and "only if not set" of each variable that is set anywhere in a statement."""
    plain = {
        id(target): node.value
        for node in ast.walk(statement)
        if isinstance(node, ast.Assign)
        for target in node.targets
    }
    for node in ast.walk(statement):
        if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load) and _is_environment(node.value):
            yield _text(node.slice), _text(plain.get(id(node))), False
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_environment(node.func.value):
            arguments = node.args
            if node.func.attr == "setdefault" and len(arguments) == 2:
                yield _text(arguments[0]), _text(arguments[1]), True
            elif node.func.attr == "update":
                for mapping in arguments:
                    pairs = (
                        zip(mapping.keys, mapping.values, strict=True)
                        if isinstance(mapping, ast.Dict)
                        else [(None, None)]
                    )
                    yield from ((_text(name), _text(value), False) for name, value in pairs)
                yield from ((keyword.arg, _text(keyword.value), False) for keyword in node.keywords)
            elif node.func.attr in ("pop", "clear", "popitem"):
                yield (_text(arguments[0]) if arguments else None), None, False


def _is_environment(node: ast.expr) -> bool:
    """`os.environ`, or `environ` imported from it."""
    return (isinstance(node, ast.Attribute) and node.attr == "environ") or (
        isinstance(node, ast.Name) and node.id == "environ"
    )


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _is_main_guard(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and ast.unparse(statement.test) == "__name__ == '__main__'"


def _names_an_absent_variable(statement: ast.stmt) -> bool:
    """`if "NAME" not in os.environ:` in front of assignments is a default written out."""
    if not isinstance(statement, ast.If) or statement.orelse or not isinstance(statement.test, ast.Compare):
        return False
    test = statement.test
    return isinstance(test.ops[0], ast.NotIn) and _is_environment(test.comparators[0])
