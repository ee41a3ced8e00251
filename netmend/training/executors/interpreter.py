"""Check the Python interpreter a user names before anything is run with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from netmend.core.errors import EnvironmentFault, UsageError

OLDEST = (3, 8)
"""Oldest Python that the launcher and the probes are written for; Keras 3 needs 3.9, PyTorch 2.2 needs 3.8."""

PATIENCE = 60.0
"""Seconds an interpreter may take to say its version; a bare one needs 0.2 s on a loaded machine."""


@cache
def interpreter(python: str) -> str:
    """The absolute path of an interpreter that runs and is new enough.

    A link is not followed: a virtual environment is known by the link to its interpreter.

    Args:
        python: path or command; "" for the one netmend itself runs under.

    Raises:
        UsageError: there is no such file or command, it is no Python, or it is too old.
        EnvironmentFault: it is there but cannot be started.
    """
    python = python or sys.executable
    found = shutil.which(python)
    hint = "name a Python interpreter with --python PATH"
    if found is None:
        kind = "is not executable" if Path(python).exists() else "does not exist"
        raise UsageError(f"the interpreter {python} {kind}", hint=hint)
    found = os.path.abspath(found)  # noqa: PTH100 (Path.resolve would follow links)
    question = "import sys; print('netmend', *sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [found, "-c", question], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        raise EnvironmentFault(f"the interpreter {python} did not answer within {PATIENCE:g} s", hint=hint) from None
    except OSError as error:
        raise UsageError(f"{python} is not a Python interpreter", where=str(error.strerror), hint=hint) from None
    words = answer.stdout.split()[-3:]
    if answer.returncode != 0 and not words:
        last = (answer.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        raise EnvironmentFault(f"the interpreter {python} does not start", where=last, hint=hint)
    if len(words) != 3 or words[0] != "netmend":
        raise UsageError(f"{python} is not a Python interpreter", hint=hint)
    version = (int(words[1]), int(words[2]))
    if version < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise UsageError(f"{python} is Python {version[0]}.{version[1]}; netmend needs {needed} or newer", hint=hint)
    return found
