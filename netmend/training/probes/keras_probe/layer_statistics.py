"""The measures of a layer: `LayerStats` of NumPy arrays.

The PyTorch probe has its own: it measures tensors on their device, and counts other shares as dead and saturated.
"""

import numpy as np

from ..measures import RELU_LIKE, SATURATED, moments

OUTPUT_ENTRIES = 2**20  # of one layer that are summarised: bounds time and memory


def layer_stat(layer, activation, weights, gradients, output, rate):
    """The fields of `LayerStats` from lists of flat arrays and one array of outputs, each of which may be missing."""
    stats = {"layer": layer, "nonfinite": 0}
    if weights:
        values = np.concatenate(weights).astype(np.float64)
        stats.update(weight_norm=_norm(values), weight_std=float(values.std()), nonfinite=_nonfinite(values))
    if gradients:
        values = np.concatenate(gradients).astype(np.float64)
        stats.update(gradient_norm=_norm(values), gradient_abs_mean=float(np.abs(values).mean()))
        stats["gradient_zero_share"] = float((values == 0).mean())
        stats["nonfinite"] += _nonfinite(values)
        stats["update_ratio"] = rate * stats["gradient_norm"] / max(stats["weight_norm"], np.finfo(float).tiny)
    if output is not None and output.size and output.dtype.kind not in "biu":
        output = output[: max(1, OUTPUT_ENTRIES // max(output[:1].size, 1))].astype(np.float64)
        size, zero = np.abs(output), (output <= 0) if activation in RELU_LIKE else (output == 0)
        stats.update({"output_" + name: value for name, value in moments(output).items()})
        stats.update(output_abs_mean=float(size.mean()), output_zero_share=float(zero.mean()))
        stats["dead_share"] = float((output.reshape(-1, output.shape[-1]) == 0).all(axis=0).mean())
        if activation in ("sigmoid", "tanh"):
            near = (size > 1 - SATURATED) if activation == "tanh" else np.minimum(output, 1 - output) < SATURATED
            stats["saturated_share"] = float(near.mean())
        stats["nonfinite"] += _nonfinite(output)
    return stats


def _norm(values):
    return float(np.sqrt(np.square(values).sum()))


def _nonfinite(values):
    return int(values.size - np.isfinite(values).sum())
