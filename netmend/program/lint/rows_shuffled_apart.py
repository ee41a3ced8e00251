"""One of two arrays that belong together is shuffled and the other is not, so that rows get the labels of others.

What it is:
    `np.random.shuffle(X)` changes the order of X in place. The labels keep theirs, and nothing is left to learn. The
    same happens where each is given an order of its own: `X[np.random.permutation(n)]`, `y[np.random.permutation(n)]`.

How it is measured:
    Two arrays are assigned in one statement, are used as rows and their labels or cut alike, and one of them is
    shuffled in place while the other never is; or both are, one behind the other, by numbers that are drawn anew.

When it is wrong:
    Where that is so, unless the order is undone again.

References:
    NumPy reference, numpy.random.Generator.shuffle and .permutation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.elements.row_order import ALONE, TOGETHER
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program

SEVERITY = 1.0  # own convention: labels of other rows cannot be learned


def _check(elements: Sequence[Element]) -> Iterator[Hit]:
    for element in elements:
        if element.kind == "row-order" and element.value == ALONE:
            message = f"{element.owner} is shuffled alone: its rows no longer belong to the rows it was made with."
            yield Hit(element, message, SEVERITY, blames=(Blame("row-order", 1.0, values=(TOGETHER,)),))


_APART = "np.random.shuffle(x)\nmodel ="
_EACH = "x = x[np.random.permutation(len(x))]\ny = y[np.random.permutation(len(y))]\nmodel ="
_TOGETHER = "order = np.random.permutation(len(x))\nx, y = x[order], y[order]\n"

rule = LintRule(
    check=_check,
    fires_on=(
        keras_program().replace("model =", _APART, 1),
        keras_program().replace("model =", "chance = np.random.default_rng(0)\nchance.shuffle(y)\nmodel =", 1),
        torch_program().replace("import torch\n", "import numpy as np\nimport torch\n").replace("model =", _APART, 1),
        keras_program().replace("model =", _EACH, 1),
    ),
    silent_on=(
        *HEALTHY,
        keras_program().replace("model =", f"{_TOGETHER}model =", 1),
        keras_program().replace("model =", f"np.random.shuffle(y)\n{_APART}", 1),
    ),
)
