"""Names that earlier versions of Keras, PyTorch, NumPy and scikit-learn knew and those of today do not.

An element of programs that use any, with the value "outdated"; None writes today's name wherever an old one stands:
arguments (`lr`, `nb_epoch`, `init`), modules (`keras.layers.core`, `np_utils`), methods (`fit_generator`,
`predict_classes`), keys (`history["acc"]`) and types (`np.float`). Whether an old name still works depends on the
versions installed, so only programs that crash have this element.

References:
    Release notes of Keras 2.0, 2.3 and 3.0, of PyTorch 0.4 and 1.0, of NumPy 1.20 and 2.0 and of scikit-learn 0.18 and
    1.2. Faults of outdated use of an interface are the category "API" of Humbatova et al., ICSE 2020.
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder

OUTDATED = "outdated"


def _values(element: Element) -> tuple[Value, ...]:
    return (None,)


kind = ElementKind(find=finder("outdated-names"), values=_values, change=change)
