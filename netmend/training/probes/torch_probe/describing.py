"""Layers and activations in the terms of `LayerInfo`: modules, and what `forward` applies by function."""

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
FUNCTIONS = ("relu", "sigmoid", "tanh", "softmax", "log_softmax", "leaky_relu", "elu", "gelu", "silu", "selu")


def layer_infos(model):
    """The fields of `LayerInfo` for every leaf module, in order of registration."""
    weighted = [n for n, (_, leaf) in enumerate(model.leaves) if weights(leaf) and "Norm" not in type(leaf).__name__]
    decay = {id(p): g.get("weight_decay") or 0.0 for g in model.optimiser.param_groups for p in g["params"]}
    infos = []
    for number, (name, leaf) in enumerate(model.leaves):
        kind, activation = type(leaf).__name__, activation_of(leaf, model.functions)
        weight = next(iter(weights(leaf)), None)
        role, factor = "hidden", decay.get(id(weight), 0.0) / 2  # weight decay d is the gradient of d/2 |w|^2
        if weighted and (number == weighted[-1] or (number > weighted[-1] and activation)):
            role = "output"
        elif weighted and number <= weighted[0]:
            role = "input"
        widths = ("out_features", "out_channels", "embedding_dim", "hidden_size", "num_features", "num_channels")
        info = {"name": name, "kind": kind, "activation": activation, "role": role, "parameters": count(leaf)}
        info["units"] = next((n for n in (getattr(leaf, width, None) for width in widths) if isinstance(n, int)), 0)
        info["rows"] = int(getattr(leaf, "num_embeddings", 0))
        info["initialiser"] = constant_name(weight) if number in weighted else ""
        info["regulariser"] = f"l2({factor:g})" if factor else ""
        if factor:
            info["penalty"] = factor * float(weight.detach().double().pow(2).sum())
        if "Dropout" in kind and isinstance(getattr(leaf, "p", None), float):
            info["rate"] = leaf.p
        infos.append(info)
    return infos


def activation_of(leaf, functions):
    """Canonical name of the activation that a leaf module is, or that `forward` applies to its output; "" if none."""
    return ACTIVATIONS.get(type(leaf).__name__, "") or functions.get(leaf, "")


def weights(leaf):
    """Parameters with more than one dimension first: kernels before biases."""
    return sorted((p for p in leaf.parameters(recurse=False) if p.requires_grad), key=lambda p: p.ndim < 2)


def count(module):
    """Number of trainable weights of a module and all it holds."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad) if module is not None else 0


def constant_name(weight):
    """Canonical name of an initialiser that gives every weight the same value; "" for any other."""
    values = weight.detach().flatten()
    if values.numel() < 2 or bool((values != values[0]).any()):
        return ""
    value = float(values[0])
    return {0.0: "zeros", 1.0: "ones"}.get(value, f"constant({value:g})")


def applied_functions(calls, output):
    """Activations that `forward` applies by function: what turns the output of one leaf into the input of the next.

    Of two in a row after the last leaf, the later counts; what else becomes of the model's output is "custom".

    Args:
        calls: (leaf, input, output) in the order of the calls. output: of the model.
    """
    found = {}
    for (leaf, _, given), (following, after, _) in zip(calls, [*calls[1:], (None, output, None)]):  # noqa: B905
        if given is None or after is None or not given.is_floating_point():
            continue
        if type(leaf).__name__ in ACTIVATIONS or type(following).__name__ in ACTIVATIONS:
            continue  # a module does it, perhaps in place
        after = after[: len(given)]
        if given.numel() == after.numel() and not given.reshape(-1).equal(after.reshape(-1)):
            name = applied_function(given, after, following is None)
            if name or following is None:
                found[leaf] = name or "custom"
    return found


def applied_function(given, after, pairs):
    """The function that makes one tensor of another, or the second of a pair that does; "" if none is known."""
    for start in [given, *(activate(name, given) for name in FUNCTIONS if pairs)]:
        for name in FUNCTIONS:
            if activate(name, start).reshape(-1).allclose(after.reshape(-1), atol=1e-6):
                return name
    return ""


def activate(name, values):
    """An activation by canonical name; the classes are in dimension 1."""
    import torch

    function = getattr(torch.nn.functional, name)
    return function(values, dim=min(1, values.ndim - 1)) if "softmax" in name else function(values)
