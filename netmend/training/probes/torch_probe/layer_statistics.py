"""The measures of a layer: `LayerStats` of weights, gradients and outputs, computed on the device they are on.

The Keras probe has its own: it measures NumPy arrays, in bounded parts, and counts other shares as dead and saturated.
"""

from ..measures import RELU_LIKE, SATURATED
from .describing import FUNCTIONS, activate, activation_of


def layer_stats(name, leaf, output, function, rate):
    """The fields of `LayerStats` from weights, gradients and an output, each of which may be missing.

    Args:
        output: None if it is not known. function: the activation that `forward` applies to it, "" if none.
        rate: learning rate.
    """
    parameters, stats = list(leaf.parameters(recurse=False)), {"layer": name}
    weights = joined([p for p in parameters if p.requires_grad])
    if weights is not None:
        stats.update(weight_norm=float(weights.norm()), weight_std=float(weights.std(unbiased=False)))
    slopes = joined([p.grad for p in parameters if p.grad is not None])
    if slopes is not None:
        stats.update(gradient_norm=float(slopes.norm()), gradient_abs_mean=float(slopes.abs().mean()))
        stats["gradient_zero_share"] = share(slopes == 0)
        stats["update_ratio"] = rate * stats["gradient_norm"] / max(stats.get("weight_norm", 0.0), 1e-12)
    if output is not None and output.is_floating_point() and output.numel():
        activation = activation_of(leaf, {leaf: function})
        output = (activate(function, output) if function in FUNCTIONS else output).double()
        size, zero = output.abs(), output <= 0 if activation in RELU_LIKE else output == 0
        stats.update(output_mean=float(output.mean()), output_std=float(output.std(unbiased=False)))
        stats.update(output_minimum=float(output.min()), output_maximum=float(output.max()))
        stats.update(output_abs_mean=float(size.mean()), output_zero_share=share(zero))
        stats["dead_share"] = share(zero.all(dim=0))
        if activation in ("sigmoid", "tanh"):
            near = (size > 1 - 2 * SATURATED) if activation == "tanh" else (output - 0.5).abs() > 0.5 - SATURATED
            stats["saturated_share"] = share(near)
    measured = [values for values in (weights, slopes, output) if values is not None]
    return dict(stats, nonfinite=sum(int((~values.isfinite()).sum()) for values in measured))


def joined(arrays):
    """Tensors as one of double precision, without shape; None if there are none."""
    import torch

    return torch.cat([array.detach().flatten() for array in arrays]).double() if arrays else None


def share(mask):
    """Share of a mask that is true."""
    return int(mask.sum()) / mask.numel()
