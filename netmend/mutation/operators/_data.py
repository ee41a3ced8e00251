"""Mutations of the training data: lines of NumPy put before the training, which bind the variables anew.

The lines draw from a generator of their own, so that the program's other random numbers stay what they were, and the
same rows are changed in every run.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from netmend.core.errors import Unchangeable
from netmend.mutation.operators._base import NotApplicable, Opportunity, Reason
from netmend.mutation.operators._blocks import free_names, insert_before
from netmend.mutation.scale import Scale
from netmend.mutation.training_data import TrainingData, training_data
from netmend.program.blame import Value
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Site, bindings_of
from netmend.program.reading.spelling import written
from netmend.program.source import Program

PRECISION = 5.0
"""Percentage points at which bisecting stops (DeepCrime's configuration of its training-data operators)."""

LOCAL = ("chance", "classes", "values", "counts", "rows", "others", "labels", "inputs", "kept", "first", "second")
"""Names that the lines use for themselves; a program that uses one of them gets another."""

CLASSES = (
    "$classes = $np.asarray($y).reshape(len($y), -1)",
    "$classes = $classes.argmax(1) if $classes.shape[1] > 1 else $classes[:, 0]",
)
"""Class numbers, of labels that are class numbers or one-hot rows."""

Lines = Callable[[TrainingData], tuple[str, ...]]
"""Templates of the lines. `$x` and `$y` are the variables, `$share` the share in [0, 1], `$np` NumPy; `<x ARRAY>` and
`<y ARRAY>` are an array as the variable holds it, a tensor in PyTorch. Names of `LOCAL` are written with a dollar."""


def on_data(
    program: Program, acronym: str, lines: Lines, *, extreme: float = 100, classes: bool = False
) -> Iterator[Opportunity | NotApplicable]:
    """The opportunity to change the training data of a program.

    Args:
        program: the correct program.
        acronym: of the operator, for the comment above the lines.
        lines: what to insert; the first is the comment without its acronym.
        extreme: the largest percentage.
        classes: only labels that are classes can be changed so.
    """
    data = training_data(program)
    if isinstance(data, NotApplicable):
        yield data
    elif data.classes is None:
        yield NotApplicable(Reason.TASK_UNKNOWN, "the loss does not tell whether labels are classes", data.place)
    elif classes and not data.classes:
        yield NotApplicable(Reason.WRONG_TASK, "the labels are no classes", data.place)
    else:
        write = partial(_write, program, data, acronym, lines)
        shown = "{:g} %".format
        scale = Scale(0, extreme, PRECISION)
        owner = f"{data.inputs}, {data.labels}"
        yield Opportunity("training-data", data.place, owner, "0 %", write, scale=scale, shown=shown)


def _write(program: Program, data: TrainingData, acronym: str, lines: Lines, value: Value) -> tuple[Edit, ...]:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Unchangeable(f"{value!r} is no percentage", where=str(data.place))
    bindings = bindings_of(program)
    at = next(call.site for call in bindings.calls if call.file is data.file)
    numpy = written(bindings, Site(data.file, at.node), "numpy")
    imports = () if numpy else (spans.add_import(data.file, "import numpy", data.file.span(data.statement)[0]),)
    names = {
        **free_names(data.file, LOCAL),
        "x": data.inputs,
        "y": data.labels,
        "np": numpy or "numpy",
        "share": f"{value / 100:.12g}",
        "percent": f"{value:g}",
    }
    comment, *rest = (_filled(line, names, data.framework) for line in lines(data))
    return (insert_before(data.file, data.statement, [f"# {acronym}: {comment}", *rest]), *imports)


def _filled(line: str, names: Mapping[str, str], framework: str) -> str:
    held = r"$\1.new_tensor(\2)" if framework == "torch" else r"\2"
    return string.Template(re.sub(r"<([xy]) (.*?)>", held, line)).substitute(names)
