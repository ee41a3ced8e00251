"""Contributions: one file, one object, found by walking the folder.

A contribution file is named for what it is; its public name is the file name with hyphens.
Files that begin with an underscore are the folder's own. Nothing is registered by hand.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, Generic, TypeVar

from netmend.core.errors import Malformed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Contribution(Generic[T]):
    """One file of a folder: its public name, its object, and its documentation."""

    name: str
    value: T
    module: ModuleType

    @property
    def documentation(self) -> str:
        """The module's docstring: also the answer of `netmend explain NAME`."""
        return inspect.getdoc(self.module) or ""

    @property
    def summary(self) -> str:
        """The first line of the documentation."""
        return self.documentation.partition("\n")[0]


@cache
def contributions(package: str, shape: type[T]) -> Mapping[str, Contribution[T]]:
    """All contributions of a package, by public name, in alphabetical order.

    Args:
        package: dotted name of the folder, for example "netmend.training.symptoms".
        shape: the class of which each file must define exactly one instance at module level.

    Raises:
        Malformed: a file has no docstring, or not exactly one instance of `shape`.
    """
    folder = importlib.import_module(package)
    found: dict[str, Contribution[T]] = {}
    for info in sorted(pkgutil.iter_modules(folder.__path__), key=lambda info: info.name):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{package}.{info.name}")
        name = info.name.replace("_", "-")
        found[name] = Contribution(name, _only_instance(module, shape), module)
    return found


def _only_instance(module: ModuleType, shape: type[T]) -> T:
    values: list[Any] = [
        value for key, value in vars(module).items() if type(value) is shape and not key.startswith("_")
    ]
    where = f"{module.__file__}:1"
    if not (module.__doc__ or "").strip():
        raise Malformed("a contribution needs a docstring", where=where, hint="see the folder's _base.py")
    if len(values) != 1:
        raise Malformed(
            f"expected exactly one {shape.__name__} at module level, found {len(values)}",
            where=where,
            hint="see the folder's _base.py",
        )
    return values[0]  # type: ignore[no-any-return]
