"""The library in which networks are evaluated: torch where it is installed, and otherwise NumPy under the same names.

Whatever evaluates networks takes its words from here. Formats of PyTorch and Keras, and what needs gradients, take
torch itself. Importing this file imports torch, so that it is done by operators, and inside functions, alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor
    from torch.nn import functional
else:
    try:
        import torch
        from torch import Tensor
        from torch.nn import functional
    except ImportError:
        from netmend.network.without_torch import functional
        from netmend.network.without_torch.functions import namespace as torch
        from netmend.network.without_torch.tensor import Tensor

__all__ = ["Tensor", "functional", "torch"]
