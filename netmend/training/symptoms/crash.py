"""The program dies before it has trained anything.

What it is:
    An error ends the program before the first update of the weights: layers that do not fit each other, a loss that
    does not take what the model gives or what the labels are. Or it runs to its end without an update.

How it is measured:
    1 if every run of the program as it is ends so. Each single change of an element is then asked whether with it the
    program comes to its first update (no training is needed for that); what lets it train is blamed.

When it is wrong:
    Above 0.5. What makes a program run need not be what its author meant: of several changes that do, the one with the
    fewest other findings is taken. Errors in what comes before the model, such as reading data, are not looked at.

References:
    Crashes make up 66 % of the symptoms in the study of Islam et al., ESEC/FSE 2019 (section 5).
"""

from __future__ import annotations

from dataclasses import asdict, replace

from netmend.program.blame import Blame
from netmend.training.symptoms._base import Reading, Symptom
from netmend.training.symptoms._examples import HEALTHY, healthy
from netmend.training.trace import Crash, Trace


def _measure(trace: Trace) -> tuple[Reading, ...]:
    crash = trace.crash
    if crash is None:
        return (Reading(0.0, "program", "The program comes to train.", (), severity=0.0),)
    blame = Blame(crash.kind, 1.0, role=crash.role or None, layer=crash.layer, values=(crash.value,))
    told = crash.kind == "units" and trace.labels is not None and trace.labels.integral and trace.labels.minimum == 1
    why = (_COUNTED_FROM_1 if told else _WHY.get(crash.kind, "")).format(**asdict(crash))
    does = "crashes: " if crash.crashed else "trains nothing: it "
    message = f"The program {does}{crash.detail}. {why}It trains {crash.change}."
    return (Reading(1.0, "program", message, (blame,), severity=1.0),)


_WHY = {
    "batch-size": "Batch normalisation needs several rows in a batch to take their mean. ",
    "flattening": "{owner} takes rows of numbers, and is given pictures or sequences. ",
    "input-width": "{owner} is told to take {before} inputs, and is given {value}. ",
    "loss-reduction": "The loss is a number for each row, and backward() needs a single one. ",
    "loss-target": "The loss does not take the labels as they are. ",
    "outdated-names": "Versions of today do not know what earlier ones did: {owner}. ",
    "training-step": "What keeps its training step from training the model: {before}. ",
    "tensor-type": "Weights are 32-bit fractions (float), class numbers whole (long); the data hold another type. ",
    "vocabulary-size": "Its rows are numbered from 0, and the data hold a greater number than it has rows for. ",
    "units": "{owner} has {before} outputs, and the labels ask for {value}. ",
}
"""Why the program cannot train, for someone who writes their first: by what has to be changed."""

_COUNTED_FROM_1 = (
    "{owner} has {before} outputs. The labels begin at 1, and class numbers are counted from 0: subtracting 1 from "
    "them is the better change. "
)


symptom = Symptom(
    measure=_measure,
    threshold=0.5,  # convention: between trains and crashes
    above=True,
    fires_on=(
        replace(healthy(), crash=Crash("ValueError: shapes", "loss", "", None, "mean_squared_error")),
        replace(healthy(), crash=Crash("ran to its end", "training-step", "", None, None, before="no step")),
    ),
    silent_on=HEALTHY,
)
