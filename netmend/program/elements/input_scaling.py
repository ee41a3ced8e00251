"""How the inputs are brought to the scale that initial weights and usual learning rates are made for.

"none" where nothing does; "divide(255)" where the arrays are divided by a number; "standardise" where the mean is
subtracted and divided by the standard deviation; "transform(scaler)" where an object of the program does it;
"rescaling(255)" and "normalization" (Keras alone) and "batch_normalization" where a first layer does, and
"normalization that is not adapted" where one is to do so that has never seen the data. "divide(255) in training only"
says that the evaluation data lack it, and "... in evaluation only" the opposite: then the other side can be given the
same.
A change writes statements before the first use of the arrays by the model, for training and evaluation alike and by
numbers of the training rows alone, or a layer before the first one; labels are never touched. The value is None where
the arrays are prepared in a way that cannot be told.

References:
    LeCun et al., "Efficient BackProp", 1998, section 4.3: inputs should have mean zero and equal variances. 255 is the
    greatest value of an 8-bit image. A batch normalisation as first layer standardises by itself: Ioffe and Szegedy,
    "Batch normalization", ICML 2015, section 3.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder

# Forms: "named" where statements and layers are possible, "arrays" statements alone, "layers" layers alone, "nowhere";
# "layer" where one scales already, "named layer" where it has a name where the model is trained.
STATEMENTS = ("standardise", "divide(255)")
LAYERS = {"keras": ("batch_normalization", "rescaling(255)"), "torch": ("batch_normalization",)}
ADAPTED, NOT_ADAPTED = "normalization", "normalization that is not adapted"
ONE_SIDED = (" in training only", " in evaluation only")


def one_sided(element: Element) -> str:
    """What is done to the training data alone, or to the evaluation data alone; "" if neither."""
    value = str(element.value)
    return next((value.removesuffix(ending) for ending in ONE_SIDED if value.endswith(ending)), "")


def _values(element: Element) -> tuple[Value, ...]:
    if one_sided(element):
        return (one_sided(element),) if element.form == "named" else ()
    if element.value == NOT_ADAPTED:
        return (ADAPTED,) if element.form == "named layer" else ()
    if element.value not in ("none", None) or element.form == "nowhere":
        return ()
    layers = LAYERS[element.framework] if element.form != "arrays" else ()
    return (*(STATEMENTS if element.form in ("named", "arrays") else ()), *layers)


kind = ElementKind(find=finder("input-scaling"), values=_values, change=change)
