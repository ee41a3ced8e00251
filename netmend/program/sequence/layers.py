"""The layers of a program in the order of computation, under one set of names, with what their calls say.

PyTorch's modules carry the names of the Keras layers that compute the same; sizes and paddings are brought to Keras's
terms. An activation that stands by itself is a stop of its own without a layer.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from netmend.program.blame import Value
from netmend.program.reading.bindings import Bindings, Call, Site, bindings_of
from netmend.program.reading.keras_names import ACTIVATION_LAYERS, in_section
from netmend.program.reading.keras_structure import Structure, structure_of
from netmend.program.reading.torch_forward import Step
from netmend.program.reading.torch_model import Leaf
from netmend.program.reading.torch_names import DROPOUT_RATE, DROPOUTS, MODULE_ACTIVATIONS, MODULE_LOSSES, WEIGHTED
from netmend.program.reading.torch_program import Model, Reading, reading_of
from netmend.program.sequence.vocabulary import LAYERS
from netmend.program.source import Program

Fact = tuple[str, Value, bool]
"""Kind, value, and whether it is written; what is not written has its default."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop on the way through a model.

    Attributes:
        layer: name of the layer; "" for an activation by itself.
        node: the call that makes the layer, or that applies the activation.
        number: as in `Element.layer`; None if unknown.
        facts: what the call says beside its elements.
        model: number of the model, from 0.
    """

    layer: str
    node: ast.Call
    number: int | None
    facts: tuple[Fact, ...]
    model: int


def stops(program: Program) -> tuple[tuple[Stop, ...], bool]:
    """The stops of all models of a program, and whether it is a PyTorch program."""
    reading = reading_of(program)
    if reading.models and (reading.optimisers or reading.backwards):
        return tuple(_torch(reading)), True
    return tuple(_keras(bindings_of(program))), False


# Keras

_KERAS_NAMES = {
    "MaxPool": "MaxPooling",
    "AvgPool": "AveragePooling",
    "GlobalAvgPool": "GlobalAveragePooling",
    "GlobalMaxPool": "GlobalMaxPooling",
    "Convolution": "Conv",
    "SeparableConvolution": "SeparableConv",
    "Deconvolution": "Conv",
}
_CONVOLUTIONS = ("Conv", "SeparableConv", "DepthwiseConv", "Convolution", "Deconvolution", "SeparableConvolution")


def keras_layer(name: str) -> str:
    """The one name of a Keras class: "MaxPool2D" is "MaxPooling2D"; "own" for a class of the program."""
    name = name.removeprefix("CuDNN")
    stem, size = (name[:-2], name[-2:]) if name[-2:] in ("1D", "2D", "3D") else (name, "")
    stem = _KERAS_NAMES.get(stem, stem)
    found = f"{stem}{size}" + ("Transpose" if name.startswith("Deconvolution") else "")
    return found if found in LAYERS else ""


def _keras(bindings: Bindings) -> Iterator[Stop]:
    structure = structure_of(bindings)
    first = True
    for index, model in enumerate(structure.models):
        for call in model:
            name = structure.layers[call.node][1]
            if name in ("Activation", *ACTIVATION_LAYERS):
                yield Stop("", call.node, structure.position(call).number, (), index)
                continue
            found = keras_layer(name)
            own = bindings.definition(call.name) is not None
            facts = tuple(_keras_facts(bindings, call, name))
            if first:
                facts = (*_keras_input(bindings, call), *facts)
                first = False
            number = structure.position(call).number
            yield Stop(found or ("own" if own else name), call.node, number, facts, index)
            yield from _wrapped(bindings, structure, call, number, index)


def _wrapped(bindings: Bindings, structure: Structure, call: Call, number: int | None, model: int) -> Iterator[Stop]:
    """The LSTM of `Bidirectional(LSTM(8))`."""
    for argument in call.node.args[:1]:
        inner = structure.layers.get(bindings.follow(Site(call.file, argument)).node)
        if inner is not None:
            facts = tuple(_keras_facts(bindings, *inner))
            yield Stop(keras_layer(inner[1]) or inner[1], inner[0].node, number, facts, model)


def _keras_facts(bindings: Bindings, call: Call, name: str) -> Iterator[Fact]:
    """What a layer's call says beside its elements."""

    def given(argument: str, index: int | None = None) -> tuple[Value, bool]:
        site = bindings.argument(call, argument, index)
        return (None, False) if site is None else (_scalar(bindings.resolve(site).value), True)

    stem = name.removesuffix("Transpose")[:-2]
    if stem in _CONVOLUTIONS:
        first = 0 if "Depthwise" in stem else 1
        yield ("kernel-size", *given("kernel_size", first))
        strides, written = given("strides", first + 1)
        if written and strides != 1:
            yield "strides", strides, True
        padding, written = given("padding", first + 2)
        yield "padding", padding if written else "valid", written
    elif keras_layer(name).startswith(("MaxPooling", "AveragePooling")):
        size, written = given("pool_size", 0)
        yield "pool-size", size if written else 2, written
    elif "Dropout" in name:
        yield ("dropout-rate", *given("rate", 0))
    elif name in ("SimpleRNN", "LSTM", "GRU", "CuDNNLSTM", "CuDNNGRU"):
        value, written = given("return_sequences")
        if written:
            yield "return-sequences", value, True


def _keras_input(bindings: Bindings, first: Call) -> Iterator[Fact]:
    """Rank and last size of the input: of the first layer, of an input layer, or of what stands in `Input(...)`."""
    site = bindings.argument(first, "input_shape")
    if site is None:
        inputs = [
            call
            for call in bindings.calls
            if in_section(call.name, "layers") in ("Input", "InputLayer") or call.name.endswith("keras.Input")
        ]
        found = [bindings.argument(call, "shape", 0) or bindings.argument(call, "input_shape") for call in inputs]
        site = next((each for each in found if each is not None), None)
    if site is not None:
        node = bindings.follow(site).node
        if isinstance(node, (ast.Tuple, ast.List)):
            yield "input-rank", len(node.elts), True
            last = bindings.resolve(Site(site.file, node.elts[-1])).value if node.elts else None
            if isinstance(last, int):
                yield "input-width", last, True
        return
    width = bindings.argument(first, "input_dim")
    if width is not None and not first.name.endswith("Embedding"):
        value = bindings.resolve(width).value
        yield "input-rank", 1, True
        if isinstance(value, int):
            yield "input-width", value, True


# PyTorch

_TORCH_NAMES = {
    "Linear": "Dense",
    "Bilinear": "Dense",
    "RNN": "SimpleRNN",
    "RNNCell": "SimpleRNNCell",
    "EmbeddingBag": "Embedding",
    "LayerNorm": "LayerNormalization",
    "RMSNorm": "LayerNormalization",
    "GroupNorm": "GroupNormalization",
    "SyncBatchNorm": "BatchNormalization",
    "MultiheadAttention": "MultiHeadAttention",
    "FeatureAlphaDropout": "AlphaDropout",
    "TransformerEncoder": "Transformer",
    "TransformerDecoder": "Transformer",
    "Unflatten": "Reshape",
    "Upsample": "UpSampling2D",
    "UpsamplingNearest2d": "UpSampling2D",
    "UpsamplingBilinear2d": "UpSampling2D",
}
_TORCH_STEMS = {
    "Conv": "Conv",
    "ConvTranspose": "Conv",
    "MaxPool": "MaxPooling",
    "AvgPool": "AveragePooling",
    "AdaptiveAvgPool": "GlobalAveragePooling",
    "AdaptiveMaxPool": "GlobalMaxPooling",
    "ZeroPad": "ZeroPadding",
    "Dropout": "SpatialDropout",
}
_SIZELESS = {"BatchNorm": "BatchNormalization", "InstanceNorm": "InstanceNormalization"}


def torch_layer(kind: str) -> str:
    """The Keras name of a class of torch.nn: "Conv2d" is "Conv2D"; "" if there is none in the vocabulary."""
    kind = kind.removeprefix("Lazy")
    found = _TORCH_NAMES.get(kind, kind)
    if kind[-2:] in ("1d", "2d", "3d"):
        stem, size = kind[:-2], kind[-2:].upper()
        if stem in _SIZELESS:
            found = _SIZELESS[stem]
        elif stem in _TORCH_STEMS:
            found = _TORCH_STEMS[stem] + size + ("Transpose" if stem == "ConvTranspose" else "")
    return found if found in LAYERS else ""


def _torch(reading: Reading) -> Iterator[Stop]:
    first = True
    for index, model in enumerate(reading.models):
        for leaf, step in _visited(model):
            if leaf is None:
                assert step is not None and step.call is not None
                if _aside(reading, step.call):
                    linear: Fact = ("activation", "linear", False)
                    yield Stop("", ast.Call(step.call.node.func, [], []), None, (linear,), index)
                else:
                    yield Stop("", step.call.node, None, (), index)
                continue
            number = model.numbers.get(leaf)
            if leaf.kind in MODULE_ACTIVATIONS and leaf.kind != "Identity":
                yield Stop("", leaf.call.node, number, (), index)
            elif leaf.kind not in MODULE_LOSSES:
                facts = tuple(_torch_facts(reading, leaf))
                if first and leaf.kind in WEIGHTED:
                    facts = (*_torch_input(reading, leaf), *facts)
                    first = False
                yield from _bidirectional(reading, leaf, number, index)
                yield Stop(torch_layer(leaf.kind) or leaf.kind, leaf.call.node, number, facts, index)


def _visited(model: Model) -> Iterator[tuple[Leaf | None, Step | None]]:
    """Leaves and functions in the order of computation, then the leaves that it does not show, as registered."""
    met = set()
    for step in model.flow.steps:
        if step.leaf is not None:
            met.add(step.leaf)
        yield step.leaf, step
    yield from ((leaf, None) for leaf in model.numbers if leaf not in met)


def _aside(reading: Reading, call: Call) -> bool:
    """Whether an activation is returned beside what it is applied to: then the loss is not given its result."""
    function = reading.bindings.scopes(call.file).function(call.node)
    returned = [each.value for each in ast.walk(function) if isinstance(each, ast.Return)] if function else []
    applied = call.node.args[0] if call.node.args else getattr(call.node.func, "value", None)
    return isinstance(applied, ast.Name) and any(
        isinstance(each, ast.Name) and each.id == applied.id
        for value in returned
        if isinstance(value, ast.Tuple)
        for each in value.elts
    )


def _argument(reading: Reading, leaf: Leaf) -> Callable[[str, int | None], tuple[Value, bool]]:
    def given(name: str, index: int | None = None) -> tuple[Value, bool]:
        site = reading.bindings.argument(leaf.call, name, index)
        return (None, False) if site is None else (_scalar(reading.calls.resolve(site, leaf.environment).value), True)

    return given


def _bidirectional(reading: Reading, leaf: Leaf, number: int | None, model: int) -> Iterator[Stop]:
    if leaf.kind in ("RNN", "LSTM", "GRU") and _argument(reading, leaf)("bidirectional", 6) == (True, True):
        yield Stop("Bidirectional", leaf.call.node, number, (), model)


def _torch_facts(reading: Reading, leaf: Leaf) -> Iterator[Fact]:
    given = _argument(reading, leaf)
    kind = leaf.kind.removeprefix("Lazy")
    shift = kind != leaf.kind
    if kind in WEIGHTED:
        name, index = WEIGHTED[leaf.kind][1]
        yield ("units", *given(name, index))
    if kind.startswith("Conv"):
        size, written = given("kernel_size", 2 - shift)
        yield "kernel-size", size, written
        strides, written = given("stride", 3 - shift)
        if written and strides != 1:
            yield "strides", strides, True
        padding, written = given("padding", 4 - shift)
        yield "padding", _padding(padding, size) if written else "valid", written
    elif kind.startswith(("MaxPool", "AvgPool")):
        yield ("pool-size", *given("kernel_size", 0))
    elif kind in DROPOUTS:
        rate, written = given("p", 0)
        yield "dropout-rate", rate if written else DROPOUT_RATE, written


def _padding(padding: Value, size: Value) -> Value:
    """In Keras's terms: as many rows as keep the size are "same"."""
    if padding == 0:
        return "valid"
    if isinstance(padding, int) and isinstance(size, int):
        return "same" if 2 * padding + 1 == size else "other"
    return padding if isinstance(padding, str) else None


def _torch_input(reading: Reading, leaf: Leaf) -> Iterator[Fact]:
    width = WEIGHTED[leaf.kind][0]
    if width is None:
        return
    value, written = _argument(reading, leaf)(*width)
    yield "input-rank", int(leaf.kind[-2]) + 1 if leaf.kind[-2:] in ("1d", "2d", "3d") else 1, True
    if written and isinstance(value, int):
        yield "input-width", value, True


def _scalar(value: object) -> Value:
    """A number or string; the one number that all entries of a tuple are; None otherwise."""
    if isinstance(value, tuple):
        return _scalar(value[0]) if value and all(each == value[0] for each in value) else None
    return value if isinstance(value, (bool, int, float, str)) else None
