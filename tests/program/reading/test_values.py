import ast

import pytest
from hypothesis import given
from hypothesis import strategies as some

from netmend.program.reading.sites import Site
from netmend.program.reading.values import UNKNOWN, compute
from netmend.program.source import SourceFile


def worth(text):
    file = SourceFile("train.py", text)
    return compute(Site(file, ast.parse(text, mode="eval").body), lambda site: site)


NUMBERS = some.one_of(some.integers(-20, 20), some.floats(-20, 20, allow_nan=False))


@given(NUMBERS, NUMBERS, NUMBERS, *[some.sampled_from(["+", "-", "*", "/", "//", "%"])] * 2)
def test_arithmetic_is_that_of_python(a, b, c, first, second):
    text = f"({a!r} {first} {b!r}) {second} -{c!r}"
    try:
        wanted = eval(text)
    except ZeroDivisionError:
        wanted = UNKNOWN
    assert worth(text) == wanted or (worth(text) != worth(text) and wanted != wanted)


@pytest.mark.parametrize("text", ["x", "f(1)", "[1, x]", "1 if x else 2", "2 ** 1000", "9 ** 9 ** 9", "'a' * 3", "~1"])
def test_what_cannot_be_computed_is_unknown(text):
    assert worth(text) is UNKNOWN


def test_lists_are_tuples():
    assert worth("[1, (2, 'a'), None]") == (1, (2, "a"), None)


def test_cycles_end():
    file = SourceFile("train.py", "a")
    one, two = (Site(file, ast.parse("a", mode="eval").body) for _ in range(2))
    assert compute(one, lambda site: two if site.node is one.node else one) is UNKNOWN
