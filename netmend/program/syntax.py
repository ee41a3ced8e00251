"""Syntax trees, made by one thread at a time.

Trials are written and built side by side in threads. Python 3.11 before 3.11.8 counts the depth of the tree that it
makes in one place for all threads, so that two at once may end in `SystemError: AST constructor recursion depth
mismatch` (python/cpython issue 106905). Trees take milliseconds; taking turns costs nothing.
"""

import ast
import threading

_one_at_a_time = threading.Lock()


def parse(text: str, where: str = "<unknown>") -> ast.Module:
    """The tree of a file.

    Args:
        where: what the errors call it.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as `ast.parse` does.
    """
    with _one_at_a_time:
        return ast.parse(text, where)


def parse_expression(text: str) -> ast.expr:
    """The tree of one expression.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as `ast.parse` does.
    """
    with _one_at_a_time:
        return ast.parse(text, mode="eval").body
