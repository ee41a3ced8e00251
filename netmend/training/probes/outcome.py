"""How a script ended, as its user would have seen it.

Standard library and Python 3.8 only; loaded by `launch.py`. What is told are fields of the end event, which
`netmend.training.channel` describes.
"""

import contextlib
import os
import sys
from pathlib import Path

from .lookups import failed_lookup

HERE = Path(__file__).absolute().parent


def ended(work, folder):
    """Do what a script does; how that ended, as fields of the end event and its exit status as `exit`."""
    try:
        work()
    except SystemExit as error:
        return dict(_exit(error), **_place(error, folder))
    except BaseException as error:
        _report(error)
        return dict(_exception(error), **_place(error, folder))
    return {"status": "finished", "exit": 0}


def _exit(error):
    """What `sys.exit(code)` means; a text goes to standard error and stands for 1."""
    code = error.code
    if code is None:
        code = 0
    elif not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    return {"status": "exit", "type": "SystemExit", "message": text(error), "exit": code & 0xFF}


def _exception(error):
    """Class, message, and what tells a full disk, too large a file or a missing package from other faults."""
    names = [kind.__name__ for kind in type(error).__mro__]
    found = {"status": "exception", "type": names[0], "mro": names, "message": text(error), "exit": 1}
    if isinstance(error, IndexError):
        first, end, rest = found["message"].partition("\n")
        found["message"] = ": ".join(filter(None, (first.rstrip(".: "), failed_lookup(error)))) + end + rest
    if isinstance(error, OSError) and error.errno is not None:
        found["errno"] = error.errno
    if isinstance(error, ModuleNotFoundError) and error.name and "." not in error.name:
        found["missing"] = error.name
    return found


def text(error):
    """The message of an error, of which not even that can be relied on."""
    try:
        return str(error)[:2000]
    except Exception:
        return "(its message cannot be shown)"


def _place(error, folder):
    """File and line of the innermost frame that is the user's own; a syntax error's own place."""
    if isinstance(error, SyntaxError) and error.filename and _inside(error.filename, folder):
        return {"file": _relative(error.filename, folder), "line": error.lineno}
    place, trace = {}, error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if _inside(name, folder):
            place = {"file": _relative(name, folder), "line": trace.tb_lineno}
        trace = trace.tb_next
    return place


def _inside(name, folder):
    return name.startswith(folder + os.sep)


def _relative(name, folder):
    """A path in the user's folder; a notebook runs as a script of its name with ".py" behind, of the same lines."""
    relative = name[len(folder) + 1 :].replace(os.sep, "/")
    return relative[: -len(".py")] if relative.endswith(".ipynb.py") else relative


def _report(error):
    """Print the traceback the user would see: without our frames."""
    trace = error.__traceback__
    while trace is not None and Path(trace.tb_frame.f_code.co_filename).parent == HERE:
        trace = trace.tb_next
    with contextlib.suppress(BaseException):
        sys.excepthook(type(error), error.with_traceback(trace), trace)
