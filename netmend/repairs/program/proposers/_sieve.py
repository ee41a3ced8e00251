"""What is dropped before any run, and why: patches that cannot work, change nothing, or win without mending anything.

The four rules of MLM4DNN (Wang et al., FSE 2025, `filter` of its replication package) come first: the patched program
must parse, differ, mean something else, and keep its shapes. Then what is defined: whether the loss takes the labels,
and the output can be what the loss expects. Then guards: no patch may win by another metric, by other rows, or by a
training that is far longer. A patch that only trains longer is no candidate to begin with: it is a class of its own.
Whether what is left builds is asked of the program itself where that pays (`netmend.repairs.program.gates`).
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.edits import SourcePatch
from netmend.program.elements._base import Element
from netmend.program.lint._model import last_activation, only
from netmend.program.lint._run import run as lint
from netmend.program.sequence.read import Sequence
from netmend.program.sequence.vocabulary import KINDS
from netmend.program.source import Program
from netmend.repairs.program.infill._shapes import misfits
from netmend.repairs.program.proposers._legal import DISTANCES, defined_for
from netmend.repairs.program.space import REPORTED, Assignment, Space
from netmend.training.task import OUTPUT_RANGE, LabelForm, columns, label_form
from netmend.training.trace import Trace

UNWRITABLE = "cannot be written"
UNCHANGED = "changes nothing"
SAME_MEANING = "means the same"
SHAPES = "breaks the shapes"
LABELS = "its loss cannot take the labels"
RANGE = "its output cannot be what the loss expects"
METRIC = "changes the metric"
ROWS = "would be measured on other rows"
TOO_DEAR = "takes far too long"

WRONG = 0.5
"""Severity from which a static rule calls an output wrong: outside of the loss's domain, or activated twice
(`netmend.program.lint.wrong_last_activation`); below it, unusual."""

LENGTH = frozenset({"epochs", "batch-size"})
"""Kinds that say how long a training is."""


class Sieve:
    """Drops what needs no run, and keeps count of why.

    Args:
        space: of the program as it is. sequence: of the same.
        trace: of a run of it; None if none was made: then nothing is known of the labels.
        too_dear: whether a run would cost too much.
    """

    def __init__(
        self,
        space: Space,
        sequence: Sequence,
        trace: Trace | None,
        too_dear: Callable[[Assignment], bool] = lambda assignment: False,
    ) -> None:
        self._space, self._sequence, self._trace, self._too_dear = space, sequence, trace, too_dear
        self._labels = None if trace is None else label_form(trace)
        self.dropped: Counter[str] = Counter()
        """How many were dropped, by reason."""

    def patch(self, assignment: Assignment, after: Sequence) -> SourcePatch | None:
        """The patch of an assignment, if nothing speaks against trying it. `after`: the sequence it would have."""
        patch, reason = self.judged(assignment, after)
        if reason:
            self.dropped[reason] += 1
        return None if reason else patch

    def judged(self, assignment: Assignment, after: Sequence) -> tuple[SourcePatch | None, str]:
        """The patch of an assignment, and why it is dropped; "" if it is not."""
        try:
            patch = self._space.patch(assignment)
        except Unchangeable:
            return None, UNWRITABLE
        wanted = [(self._space.element(identity), value) for identity, value in assignment.items()]
        reasons: tuple[tuple[str, Callable[[], bool]], ...] = (
            (UNCHANGED, lambda: patch.size == 0 or not patch.changed_files),
            (SAME_MEANING, lambda: all(_same(element, value) for element, value in wanted)),
            (METRIC, lambda: any(element.kind in REPORTED for element, _ in wanted)),
            (ROWS, lambda: self._moves_rows(wanted, patch)),
            (SHAPES, lambda: misfits(self._sequence, after) or not self._wide_enough(wanted)),
            (LABELS, lambda: not self._takes_labels(wanted)),
            (RANGE, lambda: self._out_of_range(assignment)),
            (TOO_DEAR, lambda: self._too_dear(assignment)),
        )
        return patch, next((reason for reason, holds in reasons if holds()), "")

    def describe(self) -> str:
        """One clause: what was dropped, by reason; "" if nothing was."""
        return ", ".join(f"{count} {reason}" for reason, count in self.dropped.most_common())

    def _moves_rows(self, wanted: list[tuple[Element, Value]], patch: SourcePatch) -> bool:
        if any(element.kind == "validation-split" for element, _ in wanted):
            return True
        return bool(_on_training_rows(patch.patched_program()) - _on_training_rows(self._space.program))

    def _wide_enough(self, wanted: list[tuple[Element, Value]]) -> bool:
        """An output has as many units as the labels ask for; where that is unknown, as many as it has."""
        outputs = [value for element, value in wanted if element.kind == "units" and element.role == "output"]
        return all(value == self.needed_width() for value in outputs)

    def needed_width(self) -> int | None:
        """How many outputs the labels ask for; None if that is unknown."""
        if self._trace is None or self._trace.labels is None:
            return None
        labels = self._trace.labels
        classes = {LabelForm.INTEGER: int(labels.maximum) + 1, LabelForm.ONE_HOT: columns(labels)}
        return classes.get(self._labels, columns(labels)) if self._labels is not None else None

    def _takes_labels(self, wanted: list[tuple[Element, Value]]) -> bool:
        losses = [str(value) for element, value in wanted if element.kind == "loss"]
        return self._trace is None or all(defined_for(loss, self._trace) for loss in losses)

    def _out_of_range(self, assignment: Assignment) -> bool:
        """A static rule says that what is changed cannot work, or labels lie where no output does."""
        if not outputs_changed(self._space, assignment):
            return False
        if wrong_output(self._space, assignment):
            return True
        elements = self._space.under(assignment)
        last, loss = last_activation(elements), only(elements, "loss")
        labels = None if self._trace is None else self._trace.labels
        if last is None or loss is None or labels is None or self._labels is not LabelForm.REAL:
            return False
        low, high = OUTPUT_RANGE.get(str(last.value), (labels.minimum, labels.maximum))
        concerned = last.id in assignment or loss.id in assignment
        return concerned and loss.value in DISTANCES and (labels.minimum < low or labels.maximum > high)


def outputs_changed(space: Space, assignment: Assignment) -> set[str]:
    """Kinds of the changes that concern what the model puts out and what its loss expects."""
    changed = map(space.element, assignment)
    return {
        element.kind
        for element in changed
        if element.kind == "loss" or (element.role == "output" and element.kind in ("activation", "units"))
    }


def wrong_output(space: Space, assignment: Assignment) -> bool:
    """Whether a static rule says of a change that output and loss cannot work together, and did not say so before."""
    kinds = outputs_changed(space, assignment)
    if not kinds:
        return False
    before = {(name, hit.message) for name, hit in lint(space.elements)}
    return any(
        # What is wrong beside the change is not its doing.
        hit.severity >= WRONG
        and (name, hit.message) not in before
        and (hit.element.id in assignment or kinds & {blame.kind for blame in hit.blames})
        for name, hit in lint(space.under(assignment))
    )


def alternatives(space: Space, base: Assignment, changes: Assignment) -> bool:
    """Whether each of several changes is by itself a remedy of one and the same fault of output and loss.

    Static rules say so: each change alone silences a rule that speaks at `base`. One mends the fault; another on top of
    it changes what is right by then.
    """
    kinds = outputs_changed(space, changes)
    said = {name for name, hit in lint(space.under(base)) if kinds & {blame.kind for blame in hit.blames}}
    for identity, value in changes.items():
        if not outputs_changed(space, {identity: value}):
            return False
        said -= {name for name, _ in lint(space.under({**base, identity: value}))}
    return len(changes) > 1 and bool(said)


def only_longer(space: Space, assignment: Assignment) -> bool:
    """Whether a patch does nothing but train longer: a win that shows no fault."""
    kinds = {space.element(identity).kind for identity in assignment}
    return bool(kinds) and kinds <= LENGTH and space.training_factor(assignment) > 1


def _same(element: Element, value: Value) -> bool:
    """Whether a value means what stands there, or what is there by default."""
    if isinstance(value, int | float) or isinstance(element.value, int | float):
        return value == element.value
    vocabulary = KINDS.get(element.kind)
    return value == element.value or (
        vocabulary is not None and vocabulary.token(value) == vocabulary.token(element.value) != "other"
    )


def _on_training_rows(program: Program) -> frozenset[str]:
    """What is both trained on and evaluated, as it is written: `x` of `fit(x, y)` and `evaluate(x, y)`."""
    trained, measured = set(), set()
    for call in _calls(program):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        rows = {ast.dump(call.args[0])} if call.args else set()
        trained |= rows if name == "fit" else set()
        measured |= rows if name in ("evaluate", "predict") else set()
    return frozenset(trained & measured)


def _calls(program: Program) -> Iterator[ast.Call]:
    for file in program.files:
        yield from (node for node in ast.walk(file.tree) if isinstance(node, ast.Call))
