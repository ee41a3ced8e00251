"""Windows are moved by other steps than in the source.

What it is:
    Strides of the two axes swapped, or lost on the way. The shape changes, unless something behind it does not
    mind.

How it is mended:
    Every strides up to 4 are tried: the same for all axes, then for one at a time.

When it is wrong:
    Never on its own: an edit is kept only where it makes the outputs right.

References:
    FetaFix (Louloudakis et al., EASE 2025), fault type layer hyperparameters.
"""

from __future__ import annotations

from netmend.repairs.conversion.faults._windows import step_fault

fault = step_fault("S5", "strides")
