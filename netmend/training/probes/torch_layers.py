"""Describes the layers, losses and arrays of a PyTorch program in the fields that `netmend.training.trace` names.

A neighbour of `torch_probe.py`, which loads it by path; Python 3.8 and NumPy only, `torch` is handed in.
"""

import numpy as np

SATURATED = 0.007  # sigmoid(-5): inputs beyond +-5, as `LayerStats.saturated_share` says

_SAME = ("ReLU", "ReLU6", "PReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish", "Sigmoid", "Softmax", "Softplus")
ACTIVATIONS = {  # class of torch.nn: canonical name
    **{name: name.lower() for name in (*_SAME, "Softsign", "Tanh")},
    "LeakyReLU": "leaky_relu",
    "Softmax2d": "softmax",
    "LogSoftmax": "log_softmax",
    "LogSigmoid": "log_sigmoid",
    "Hardtanh": "hard_tanh",
    "Hardsigmoid": "hard_sigmoid",
    "Hardswish": "hard_silu",
}
RELU_LIKE = ("relu", "relu6", "leaky_relu", "prelu")
FUNCTIONS = ("relu", "sigmoid", "tanh", "softmax", "log_softmax", "leaky_relu", "elu", "gelu", "silu", "selu")


def layer_infos(torch, model):
    """The fields of `LayerInfo` for every leaf module, in order of registration."""
    weighted = [n for n, (_, leaf) in enumerate(model.leaves) if _weights(leaf) and "Norm" not in type(leaf).__name__]
    decay = {id(p): g.get("weight_decay") or 0.0 for g in model.optimiser.param_groups for p in g["params"]}
    infos = []
    for number, (name, leaf) in enumerate(model.leaves):
        activation = ACTIVATIONS.get(type(leaf).__name__, "") or model.functions.get(leaf, "")
        weight = _weights(leaf)[0] if _weights(leaf) else None
        role, factor = "hidden", decay.get(id(weight), 0.0) / 2  # weight decay d is the gradient of d/2 |w|^2
        if weighted and (number == weighted[-1] or (number > weighted[-1] and activation)):
            role = "output"
        elif weighted and number <= weighted[0]:
            role = "input"
        sizes = ("out_features", "out_channels", "embedding_dim", "hidden_size", "num_features", "num_channels")
        rate = getattr(leaf, "p", None)
        info = {
            "name": name,
            "kind": type(leaf).__name__,
            "activation": activation,
            "role": role,
            "units": next((size for size in (getattr(leaf, s, None) for s in sizes) if isinstance(size, int)), 0),
            "parameters": count(leaf),
            "initialiser": _constant(weight) if number in weighted else "",
            "regulariser": f"l2({factor:g})" if factor else "",
        }
        if factor:
            info["penalty"] = factor * float(weight.detach().double().pow(2).sum())
        if "Dropout" in type(leaf).__name__ and isinstance(rate, float):
            info["rate"] = rate
        infos.append(info)
    return infos


def layer_stats(torch, name, leaf, model, rate):
    """The fields of `LayerStats` from weights, gradients and the last output, each of which may be missing."""
    stats, wrong = {"layer": name}, 0
    weights = [p.detach().double().flatten() for p in leaf.parameters(recurse=False) if p.requires_grad]
    slopes = [p.grad.detach().double().flatten() for p in leaf.parameters(recurse=False) if p.grad is not None]
    if weights:
        values = torch.cat(weights)
        wrong += int((~torch.isfinite(values)).sum())
        stats.update(weight_norm=float(values.norm()), weight_std=float(values.std(unbiased=False)))
    if slopes:
        values = torch.cat(slopes)
        wrong += int((~torch.isfinite(values)).sum())
        stats.update(
            gradient_norm=float(values.norm()),
            gradient_abs_mean=float(values.abs().mean()),
            gradient_zero_share=float((values == 0).double().mean()),
        )
        stats["update_ratio"] = rate * stats["gradient_norm"] / max(stats.get("weight_norm", 0.0), 1e-12)
    output = model.outputs.get(leaf)
    if output is not None and output.is_floating_point() and output.numel():
        function = model.functions.get(leaf, "")
        activation = ACTIVATIONS.get(type(leaf).__name__, "") or function
        if function:
            output = activate(torch, function, output)
        output = output.double()
        wrong += int((~torch.isfinite(output)).sum())
        zero = output <= 0 if activation in RELU_LIKE else output == 0
        stats.update(
            output_mean=float(output.mean()),
            output_std=float(output.std(unbiased=False)),
            output_abs_mean=float(output.abs().mean()),
            output_minimum=float(output.min()),
            output_maximum=float(output.max()),
            output_zero_share=float(zero.double().mean()),
            dead_share=float(zero.all(dim=0).double().mean()),
        )
        if activation in ("sigmoid", "tanh"):
            lower = 0.0 if activation == "sigmoid" else -1.0
            margin = SATURATED * (1.0 - lower)
            near = (output > 1.0 - margin) | (output < lower + margin)
            stats["saturated_share"] = float(near.double().mean())
    stats["nonfinite"] = wrong
    return stats


def functional_activations(torch, calls, output):
    """Activations that `forward` applies by function: what turns the output of one leaf into the input of the next.

    Of two in a row after the last leaf, the later counts; what else becomes of the model's output is "custom".
    """
    found = {}
    for (leaf, _, given), (following, after, _) in zip(calls, [*calls[1:], (None, output, None)]):  # noqa: B905
        if given is None or after is None or not given.is_floating_point():
            continue
        if type(leaf).__name__ in ACTIVATIONS or type(following).__name__ in ACTIVATIONS:
            continue  # a module does it, perhaps in place
        after = after[: len(given)]
        if given.numel() != after.numel() or torch.equal(given.reshape(-1), after.reshape(-1)):
            continue
        name = _applied(torch, given, after, pairs=following is None)
        if name or following is None:
            found[leaf] = name or "custom"
    return found


def _applied(torch, given, after, pairs):
    """The function that makes one tensor of another, or the second of a pair that does; "" if none is known."""
    firsts = [given, *[activate(torch, name, given) for name in FUNCTIONS]] if pairs else [given]
    for first in firsts:
        for name in FUNCTIONS:
            if torch.allclose(activate(torch, name, first).reshape(-1), after.reshape(-1), atol=1e-6):
                return name
    return ""


def activate(torch, name, values):
    """An activation by canonical name; the classes are in dimension 1."""
    function = getattr(torch.nn.functional, name)
    return function(values, dim=min(1, values.ndim - 1)) if "softmax" in name else function(values)


def graph_loss(node):
    """Name of a loss that is written out, from the operations that made it; "" if it is not one we know."""
    for _ in range(4):
        if node is None:
            return ""
        name, inputs = type(node).__name__, [source for source, _ in node.next_functions if source is not None]
        squares = (
            name.startswith("Mul") and len(node.next_functions) == 2 and len(set(inputs)) == 1 and len(inputs) == 2
        )
        if name.startswith("Pow") or squares:
            return "mean_squared_error"
        if name.startswith("Abs"):
            return "mean_absolute_error"
        if not name.startswith(("Mean", "Sum", "Div", "Mul")) or not inputs:
            return ""
        node = inputs[0]
    return ""


def array_stats(array, rows, labels):
    """The fields of `ArrayStats`."""
    array = array[: max(1, 2**24 // max(array[:1].size, 1))]  # at most 128 MiB as float64
    values = array.astype(np.float64)
    finite = values[np.isfinite(values)]
    empty = not finite.size
    stats = {
        "dtype": str(array.dtype),
        "shape": array.shape[1:],
        "rows": rows,
        "minimum": float("nan") if empty else float(finite.min()),
        "maximum": float("nan") if empty else float(finite.max()),
        "mean": float("nan") if empty else float(finite.mean()),
        "std": float("nan") if empty else float(finite.std()),
        "nonfinite": values.size - finite.size,
        "integral": bool(not empty and finite.size == values.size and (finite == np.round(finite)).all()),
    }
    classes = values.reshape(len(values), -1)
    if values.ndim == 2 and values.shape[1] > 1 and np.isin(values, (0, 1)).all() and (values.sum(1) == 1).all():
        stats["one_hot"], classes = True, values.argmax(1)[:, None]
    if labels and classes.shape[1] == 1:
        counts = np.unique(classes, return_counts=True)[1]
        stats.update(distinct=min(len(counts), 1000), largest_share=float(counts.max() / counts.sum()))
    return stats


def _weights(leaf):
    """Parameters with more than one dimension first: kernels before biases."""
    return sorted((p for p in leaf.parameters(recurse=False) if p.requires_grad), key=lambda p: p.ndim < 2)


def count(module):
    """Number of trainable weights of a module and all it holds."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def _constant(weight):
    """Canonical name of an initialiser that gives every weight the same value; "" for any other."""
    values = weight.detach().flatten()
    if values.numel() < 2 or bool((values != values[0]).any()):
        return ""
    value = float(values[0])
    return {0.0: "zeros", 1.0: "ones"}.get(value, f"constant({value:g})")
