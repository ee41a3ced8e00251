"""Computing what an expression is worth without running the program: literals and simple arithmetic on them."""

from __future__ import annotations

import ast
from collections.abc import Callable

from netmend.program.reading.sites import Site


class _Unknown:
    """What an expression is worth that cannot be computed; None would be a value."""


UNKNOWN = _Unknown()

# Deepest nesting followed; deeper ones are cycles in practice (own choice).
DEEPEST = 20


def compute(site: Site, follow: Callable[[Site], Site], depth: int = 0) -> object:
    """The value of an expression, or UNKNOWN.

    Args:
        site: the expression.
        follow: from a name to the expression that is its value.
        depth: how deep this call is nested.
    """
    if depth > DEEPEST:
        return UNKNOWN
    match site.node:
        case ast.Constant(value=constant):
            return constant
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            values = tuple(compute(Site(site.file, part), follow, depth + 1) for part in parts)
            return UNKNOWN if any(value is UNKNOWN for value in values) else values
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            number = compute(Site(site.file, operand), follow, depth + 1)
            if not isinstance(number, (int, float)):
                return UNKNOWN
            return -number if isinstance(sign, ast.USub) else number
        case ast.BinOp(left=left, op=operator, right=right):
            return _apply(
                operator,
                compute(Site(site.file, left), follow, depth + 1),
                compute(Site(site.file, right), follow, depth + 1),
            )
    end = follow(site)
    return UNKNOWN if end.node is site.node else compute(end, follow, depth + 1)


def _apply(operator: ast.operator, a: object, b: object) -> object:
    if not isinstance(a, (int, float)) or not isinstance(b, (int, float)):
        return UNKNOWN
    try:
        match operator:
            case ast.Add():
                return a + b
            case ast.Sub():
                return a - b
            case ast.Mult():
                return a * b
            case ast.Div():
                return a / b
            case ast.FloorDiv():
                return a // b
            case ast.Mod():
                return a % b
            case ast.Pow() if isinstance(b, float) or abs(b) <= 64:  # 2**64 is enough; 10**10**9 would never end
                return float(a) ** b if isinstance(b, float) or b < 0 else a**b
    except (ArithmeticError, ValueError):
        pass
    return UNKNOWN
