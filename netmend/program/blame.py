"""What a rule or a symptom points to, before anyone has looked for it in the source."""

from __future__ import annotations

from dataclasses import dataclass

Value = str | float | int | bool | None


@dataclass(frozen=True, slots=True)
class Blame:
    """A kind of source element that may be at fault.

    Attributes:
        kind: element kind by public name, for example "output activation" is kind "activation" with role "output".
        weight: how strongly, in (0, 1]. 1: the program cannot work as it stands.
        role: "input", "hidden" or "output"; None means any.
        layer: position of the layer in order of appearance, from 0; None means any.
        values: canonical values to try there, best first; empty leaves the choice to the operators.
    """

    kind: str
    weight: float
    role: str | None = None
    layer: int | None = None
    values: tuple[Value, ...] = ()
