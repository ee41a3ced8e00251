"""The user's own code that builds a network: the only code that is ever run to read one."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from netmend.core.errors import SubjectError, UsageError
from netmend.network.backends._base import Architecture


def built(architecture: Architecture | None, path: Path) -> Any:
    """What the architecture builds.

    A file given as `model.py:callable` is executed as a module of its own, with its folder on the search path while it
    is imported; then the callable is called without arguments.

    Raises:
        UsageError: none is given, or there is no such file or callable.
        SubjectError: the user's code fails.
    """
    if architecture is None:
        raise UsageError(
            f"{path.name} holds weights but not what they belong to", hint="say what builds it: model.py:callable"
        )
    build = architecture if callable(architecture) else _imported(architecture)
    try:
        return build()
    except Exception as error:  # whatever the user's code raises
        raise SubjectError(
            f"the architecture cannot be built: {type(error).__name__}: {error}",
            where=str(architecture),
            hint="it is called without arguments and must return the network",
        ) from error


def _imported(architecture: str) -> Callable[[], Any]:
    file, colon, name = architecture.rpartition(":")
    source = Path(file)
    if not colon or not name.isidentifier() or not source.is_file():
        raise UsageError(f"{architecture!r} is not a file and a callable in it", hint="write model.py:callable")
    spec = importlib.util.spec_from_file_location(f"architecture_{source.stem}", source)
    if spec is None or spec.loader is None:
        raise UsageError(f"{source} is not a Python file", hint="write model.py:callable")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(source.parent.resolve()))
    sys.modules[spec.name] = module  # dataclasses and pickles look their module up by its name
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever the user's code raises
        del sys.modules[spec.name]
        raise SubjectError(f"{source} cannot be imported: {type(error).__name__}: {error}") from error
    finally:
        sys.path.pop(0)
    build = getattr(module, name, None)
    if not callable(build):
        raise UsageError(f"{source} has no callable {name!r}", hint="name what builds the network")
    return build  # type: ignore[no-any-return]
