"""The type of the numbers in the tensors that a PyTorch program trains on, where they are made.

"none" where none is written, as by `torch.from_numpy(x)`, which keeps the 64-bit numbers of NumPy; "inputs.float()" and
"labels.long()", joined by a comma, where the tensors of inputs or of labels are given one. A change is made wherever
such a tensor is made, for training and evaluation alike; where that cannot be seen, where model or loss take it. In a
program that trains the types are right, so only programs that crash have this element. Keras converts by itself.

References:
    PyTorch reference, torch.get_default_dtype (weights are float32), torch.from_numpy (keeps the type of the array),
    and the losses of torch.nn for the types that they take.
"""

from __future__ import annotations

from itertools import product

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder, others

NONE = "none"
PARTS = ("inputs", "labels")


def types(value: Value) -> tuple[str, ...]:
    """The type that a value names for each of `PARTS`, "" if none: ("float", "") for "inputs.float()"."""
    named = dict(part.removesuffix("()").split(".") for part in str(value).split(", ") if "." in part)
    return tuple(named.get(part, "") for part in PARTS)


def value_of(named: tuple[str, ...]) -> str:
    """The value that names these types."""
    return ", ".join(f"{part}.{name}()" for part, name in zip(PARTS, named, strict=True) if name) or NONE


def _values(element: Element) -> tuple[Value, ...]:
    """One of the two changed, then both."""
    present = types(element.value)
    found = sorted(
        product(*(dict.fromkeys((each, "float", "long")) for each in present)),
        key=lambda named: sum(one != other for one, other in zip(named, present, strict=True)),
    )
    return others(element, tuple(map(value_of, found)))


kind = ElementKind(find=finder("tensor-type"), values=_values, change=change)
