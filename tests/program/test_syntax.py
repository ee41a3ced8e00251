"""Trees made by many threads at once."""

import ast
import gc
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import netmend
from netmend.program import syntax

ROOT = Path(netmend.__file__).parent
# Runs in the user's process, where netmend cannot be imported, before the program has started a thread.
BY_ITSELF = ROOT / "training" / "probes" / "variants.py"


@pytest.fixture
def hasty():
    """Garbage is collected in the midst of a tree, and lets another thread go on."""

    def rest(phase, info):
        time.sleep(0)

    thresholds = gc.get_threshold()
    gc.set_threshold(20)
    gc.callbacks.append(rest)
    yield
    gc.callbacks.remove(rest)
    gc.set_threshold(*thresholds)


def test_threads_make_trees_side_by_side(hasty):
    text = Path(ast.__file__).read_text()[:20000].rpartition("\ndef ")[0]
    expected = ast.dump(ast.parse(text))
    with ThreadPoolExecutor(4) as threads:
        trees = list(threads.map(syntax.parse, [text] * 24))
    assert {ast.dump(tree) for tree in trees} == {expected}


def test_an_expression_is_its_tree():
    assert isinstance(syntax.parse_expression("f(1)"), ast.Call)
    with pytest.raises(SyntaxError):
        syntax.parse_expression("f(")


def test_a_file_that_does_not_parse_is_named():
    with pytest.raises(SyntaxError) as raised:
        syntax.parse("x = (", "train.py")
    assert raised.value.filename == "train.py"


def test_nobody_makes_trees_past_it():
    for path in set(ROOT.rglob("*.py")) - {BY_ITSELF, ROOT / "program" / "syntax.py"}:
        assert "ast.parse(" not in path.read_text(), f"{path.relative_to(ROOT)}: netmend.program.syntax takes turns"
