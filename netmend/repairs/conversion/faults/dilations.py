"""The holes in a window are wider or narrower than in the source.

What it is:
    Dilations lost, or taken for one axis only. The shape changes with them, unless padding makes up for it.

How it is mended:
    Every dilations up to 4 are tried: the same for all axes, then for one at a time.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    FetaFix (Louloudakis et al., EASE 2025), fault type layer hyperparameters.
"""

from __future__ import annotations

from netmend.repairs.conversion.faults._windows import step_fault

fault = step_fault("S6", "dilations")
