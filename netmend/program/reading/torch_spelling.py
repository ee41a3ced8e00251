"""How a name of PyTorch is written at a place of a program, with the imports that the program has."""

from __future__ import annotations

from netmend.core.errors import Unchangeable
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Bindings, Site
from netmend.program.reading.spelling import written


def spelled(bindings: Bindings, at: Site, *names: str) -> tuple[str, tuple[Edit, ...]]:
    """The text that means a dotted name at a place, and the import it needs (none where one can be reused).

    Args:
        bindings: of the program.
        at: where the text will stand.
        names: dotted names of the same thing; the first that is short to write there wins.

    Raises:
        Unchangeable: PyTorch is not imported there and the name `torch` means something else.
    """
    found = [text for name in names if (text := written(bindings, at, name))]
    if found:
        return next((text for text in found if text.count(".") <= 1), min(found, key=len)), ()
    if bindings.scopes(at.file).bindings("torch", at.node):
        raise Unchangeable(f"no import gives {names[0]}, and the name torch is taken", where=str(at.place))
    return min(names, key=len), (spans.add_import(at.file, "import torch", at.span[0]),)
