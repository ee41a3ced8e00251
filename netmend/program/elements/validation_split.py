"""The share of training rows that `fit` of Keras sets aside to watch its progress on.

Absent, with the value 0, only where nothing in the program evaluates the model. Another share changes what a program
is measured on and nothing that it learns from, so none is offered to a search; a finding points to the place, and a
change puts a share there. PyTorch programs have no such element.

References:
    Keras reference, Model.fit: the last rows are taken, before shuffling.
"""

from __future__ import annotations

from netmend.program.elements._base import ElementKind
from netmend.program.elements._find import change, finder

kind = ElementKind(find=finder("validation-split"), values=lambda element: (), change=change)
