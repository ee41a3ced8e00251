"""The batch is larger than usual, so that one epoch makes few updates.

What it is:
    A large batch gives a more exact gradient but fewer updates per epoch, and its models tend to generalise worse.

How it is measured:
    The number of rows per update. The source does not tell how many rows there are; `too-few-updates` counts updates in
    training.

When it is wrong:
    For millions of rows, with a learning rate to match.

References:
    Threshold: Keskar et al., On Large-Batch Training for Deep Learning, ICLR 2017, section 1 (32 to 512 are usual).
    Values to try: Masters, Luschi, Revisiting Small Batch Training, 2018 (32 rows or fewer are best).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program
from netmend.program.lint._model import of_kind

THRESHOLD = 512
"""Source above."""


def _check(elements: Sequence[Element]) -> Iterable[Hit]:
    for element in of_kind(elements, "batch-size"):
        if isinstance(element.value, int) and element.value > THRESHOLD:
            yield Hit(
                element,
                f"A batch has {element.value} rows; up to {THRESHOLD} are usual.",
                severity=0.3,
                measured=float(element.value),
                threshold=float(THRESHOLD),
                blames=(Blame("batch-size", 0.9, values=(32, 128)),),
            )


rule = LintRule(
    check=_check,
    fires_on=(
        keras_program(fit="epochs=20, batch_size=4096"),
        torch_program(loader="batch_size=1024, shuffle=True"),
    ),
    silent_on=(*HEALTHY, keras_program(fit="epochs=20"), torch_program(loader="batch_size=512")),
)
