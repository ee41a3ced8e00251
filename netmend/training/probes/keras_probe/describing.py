"""Layers, regularisers, losses and optimisers in the terms of `LayerInfo` and `Trace`."""

import functools

from .readings import first_leaf, snake_case, to_numpy, trainable_size

ACTIVATION_LAYERS = {"ReLU": "relu", "LeakyReLU": "leaky_relu", "PReLU": "prelu", "ELU": "elu", "Softmax": "softmax"}


def leaf_layers(model):
    """The layers of a model in its own order, nested models opened, input layers left out, each once."""
    leaves = []
    for layer in model.layers:
        inner = leaf_layers(layer) if hasattr(layer, "layers") and hasattr(layer, "compile") else [layer]
        leaves += [leaf for leaf in inner if type(leaf).__name__ != "InputLayer" and not any(leaf is a for a in leaves)]
    return leaves


def _to_first_output(model, layers, weighted):
    """Numbers of the last layer with weights before the first output, the one measured, and of those behind it."""
    outputs = getattr(model, "outputs", None) or []
    if len(outputs) > 1:
        behind, made = [], outputs[0]
        while made is not None:
            maker, index = made._keras_history.operation, made._keras_history.node_index
            number = next((n for n, layer in enumerate(layers) if layer is maker), None)
            if number in weighted:
                return number, behind
            behind.append(number)
            made = next(iter(maker._inbound_nodes[index].input_tensors), None)
    return (weighted[-1], range(weighted[-1] + 1, len(layers))) if weighted else (None, ())


def layer_infos(model):
    """The fields of `LayerInfo` for every leaf layer."""
    layers = leaf_layers(model)
    weighted = [n for n, layer in enumerate(layers) if layer.weights and "Normalization" not in type(layer).__name__]
    last, behind = _to_first_output(model, layers, weighted)
    infos = []
    for number, layer in enumerate(layers):
        core = _core(layer)
        first = getattr(core, "kernel_initializer", getattr(core, "embeddings_initializer", None))
        regularised = [v for v in layer.trainable_variables if v.regularizer is not None]
        role = "hidden"
        if number == last or (number in behind and activation_of(layer)):
            role = "output"
        elif weighted and number <= weighted[0]:
            role = "input"
        widths = [getattr(core, name, None) for name in ("units", "filters", "output_dim")]
        info = {"name": layer.name, "kind": type(layer).__name__, "activation": activation_of(layer), "role": role}
        info["units"] = next((int(width) for width in widths if isinstance(width, int)), 0)
        if type(core).__name__ == "Embedding":
            info["rows"] = int(core.input_dim)
        info["parameters"], info["rate"] = trainable_size(layer), float(getattr(core, "rate", "nan"))
        info["initialiser"] = "" if first is None else snake_case(type(first).__name__)
        info["regulariser"] = regulariser_name(regularised[0].regularizer) if regularised else ""
        info["penalty"] = sum(float(to_numpy(v.regularizer(v))) for v in regularised)
        infos.append(info)
    return infos


def puts_out_logits(model):
    """Whether the loss takes the outputs for logits, and no sigmoid at the end has made them probabilities before."""
    layers = leaf_layers(model)
    weighted = [n for n, layer in enumerate(layers) if layer.weights and "Normalization" not in type(layer).__name__]
    last, behind = _to_first_output(model, layers, weighted)
    ends = [activation_of(layer) for number, layer in enumerate(layers) if number == last or number in behind]
    shaping = [name for name in ends if name not in ("", "linear")]
    return loss_name(getattr(model, "loss", None))[1] and shaping[-1:] not in (["sigmoid"], ["hard_sigmoid"])


def activation_of(layer):
    """Canonical name of the activation inside a layer, or that a layer is; "" if none."""
    kind = type(layer).__name__
    if kind in ACTIVATION_LAYERS:
        return "relu6" if kind == "ReLU" and layer.max_value == 6 else ACTIVATION_LAYERS[kind]
    activation = getattr(_core(layer), "activation", None)
    if activation is None:
        return ""
    if hasattr(activation, "trainable_variables"):
        return activation_of(activation)
    import keras

    name = getattr(activation, "__name__", "")
    return name if hasattr(keras.activations, name) else "custom"


def regulariser_name(regulariser):
    """Canonical regulariser with its factors: "l2(0.01)"; "custom" if it has neither l1 nor l2."""
    factors = [(name, float(getattr(regulariser, name, 0.0))) for name in ("l1", "l2")]
    used = [(name, factor) for name, factor in factors if factor]
    names, numbers = "_".join(name for name, _ in used), ", ".join(f"{factor:g}" for _, factor in used)
    return f"{names}({numbers})" if used else "custom"


def loss_name(loss):
    """Canonical name of a loss, and whether it takes logits. Of several losses the first."""
    import keras

    if isinstance(loss, (dict, list, tuple)):
        loss = first_leaf(loss)
    logits = False
    if isinstance(loss, functools.partial):
        loss, logits = loss.func, bool(loss.keywords.get("from_logits"))
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    if isinstance(loss, keras.losses.Loss):
        logits = bool(loss.get_config().get("from_logits", False))
        name = snake_case(type(loss).__name__)
    else:
        name = getattr(loss, "__name__", "")
    known = hasattr(keras.losses, name) and type(loss).__module__.split(".")[0] in ("keras", "builtins")
    return (name if known else "custom"), logits


def optimiser_name(optimiser):
    """Canonical name of an optimiser: its class in lower case."""
    optimiser = getattr(optimiser, "inner_optimizer", optimiser)
    known = type(optimiser).__module__.split(".")[0] == "keras"
    return type(optimiser).__name__.lower() if known else "custom"


def _core(layer):
    """The layer inside `TimeDistributed`, `Bidirectional` and other wrappers."""
    for name in ("layer", "forward_layer"):
        inner = getattr(layer, name, None)
        if hasattr(inner, "trainable_variables"):
            return inner
    return layer
