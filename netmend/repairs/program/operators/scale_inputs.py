"""Bring the inputs to a scale of about 1, training and evaluation rows alike.

What it changes:
    Two statements before the first use of the arrays, or a first layer: standardise by the training rows, divide by
    255, or normalise each batch. Where only one side is scaled, the other one is given the same.

When it helps:
    Pixels from 0 to 255 or columns in the thousands; training rows that were scaled while the others were not.

When it is wrong:
    The program scales its inputs where that cannot be seen. Inputs that are names of things, not quantities.

References:
    LeCun et al., "Efficient BackProp", 1998, section 4.3. UMLAUT (Schoop et al., CHI 2021) and DeepDiagnosis (Wardat et
    al., ICSE 2022) ask for inputs within [-1, 1]. The priors are our own: sure where the sides differ, likely where the
    symptom `unscaled-inputs` fires, and a matter of taste below. What keeps the arrays as they are comes second, as a
    statement says more plainly what is done.
"""

from __future__ import annotations

from collections.abc import Iterable

from netmend.program.elements._base import Element
from netmend.program.elements.input_scaling import kind, one_sided
from netmend.repairs.program.operators._base import Operator, Suggestion
from netmend.repairs.program.operators._examples import keras
from netmend.training.curves import has_learned
from netmend.training.symptoms.train_eval_mismatch import symptom as mismatch
from netmend.training.symptoms.unscaled_inputs import symptom as unscaled
from netmend.training.trace import Trace

PRIOR_ALIKE, PRIOR_UNSEEN = 0.95, 0.2  # own convention, see References
PRIORS = {"standardise": 0.7, "batch_normalization": 0.5}  # own convention, see References
PRIOR_IMAGE, PRIOR_IMAGE_LAYER = 0.75, 0.6  # own convention: what fits 8-bit images best
LEARNED = 0.3  # own convention: what remains of a prior where the run has learned all the same
BYTES = 255.0  # greatest value of 8 bits
HALF = BYTES / 2  # brighter than this is taken for an image that uses its range


def _suggest(element: Element, elements: tuple[Element, ...], trace: Trace) -> Iterable[Suggestion]:
    if one_sided(element):
        differ = any(reading.where == "inputs" for reading in mismatch.fires(trace))
        yield Suggestion(one_sided(element), PRIOR_ALIKE if differ else PRIOR_UNSEEN, "the same for both sides")
        return
    inputs = trace.inputs
    if element.value not in ("none", None) or inputs is None or not unscaled.fires(trace):
        return
    priors = dict(PRIORS)
    # Of numbers of 8 bits the least and the greatest are whole; of measurements they seldom both are.
    whole = inputs.minimum == round(inputs.minimum) and inputs.maximum == round(inputs.maximum)
    if whole and inputs.minimum >= 0 and HALF < inputs.maximum <= BYTES:
        priors |= {"divide(255)": PRIOR_IMAGE, "rescaling(255)": PRIOR_IMAGE_LAYER}
    doubt = LEARNED if has_learned(trace) else 1.0
    for value in sorted(set(kind.values(element)) & set(priors), key=lambda value: -priors[str(value)]):
        yield Suggestion(value, priors[str(value)] * doubt, "scales the inputs to about 1")


_ONE_SIDED = """\
from data import x, y, x_test, y_test
x = x / 255
keras.Sequential().evaluate(x_test, y_test)
"""
_LABEL = "input-scaling of fit: divide(255) in training only"

operator = Operator(
    kind="input-scaling",
    suggest=_suggest,
    examples=(
        (keras(), "input-scaling of fit: none (default)", None),
        (keras().replace("from data import x, y\n", _ONE_SIDED), _LABEL, "divide(255)"),
    ),
)  # fmt: skip
