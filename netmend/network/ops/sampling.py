"""Values between the points of an image, at places that a grid says.

Reference: M. Jaderberg et al., Spatial Transformer Networks, NeurIPS 2015, section 3.3.
"""

from __future__ import annotations

from netmend.network.ops._base import Call, Family, Operator
from netmend.network.tensors import Tensor, functional

_MODES = {"bilinear": "bilinear", "linear": "bilinear", "nearest": "nearest", "bicubic": "bicubic", "cubic": "bicubic"}
"""Names of version 16 and of version 20, and what torch calls them."""


def _grid_sample(call: Call) -> Tensor:
    mode = call.get("mode", "bilinear")
    if mode not in _MODES or (call[0].ndim != 4 and _MODES[mode] == "bicubic"):
        raise call.refuse(f"in the mode {mode!r} over {call[0].ndim - 2} axes")
    outside, corners = call.get("padding_mode", "zeros"), bool(call.get("align_corners", 0))
    return functional.grid_sample(call[0], call[1].to(call[0].dtype), _MODES[mode], outside, corners)


FAMILY = Family({"GridSample": Operator(_grid_sample)})
