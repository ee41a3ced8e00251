"""The parametrised linear layers of a graph: what a weight repair may edit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from netmend.network.graph import Graph, Node

# What hands the stored numbers on unchanged, as exporters put between a stored weight and the layer.
_HANDS_ON = {"Identity", "Transpose", "Cast"}
# What looks at the shape of a weight, not at its numbers.
_SHAPES = {"Shape", "Size", "CastLike"}
# What stands between a projection of attention and the product of two computed tensors that it feeds or is fed by.
_BETWEEN = {"Reshape", "Transpose", "Add", "Mul", "Div", "Split", "Slice", "Squeeze", "Unsqueeze", "Identity", "Concat"}
_BETWEEN |= {"Gather", "Cast", "Expand", "Dropout", "Where", "Softmax", "Sqrt"}


@dataclass(frozen=True, slots=True)
class LinearLayer:
    """One layer z = W a + b.

    Attributes:
        index: place in forward order, from 0.
        name: as a person knows it, from the file.
        kind: "linear", "conv" or "attention" (a projection to queries, keys, values, or from their mix); "scale" for
            scale and shift of a layer normalisation, a layer of one input for each output, the normalised one.
        node: name of the node that multiplies.
        input: the tensor a. output: the tensor z, after the bias, also where that is a node of its own.
        weight, bias: constants of the graph; no bias where none is added directly.
        in_features: terms of one sum. out_features: outputs, or channels.
        size: how many numbers weight and bias hold.
        order: axes of the stored weight in the order (out, in, ...): (0, 1, 2, 3) of a convolution in PyTorch, which
            stores it so, and (3, 2, 0, 1) in Keras, which stores (..., in, out).
        shared_with: other nodes that read the same weight or bias: changing it changes them too.
    """

    index: int
    name: str
    kind: str
    node: str
    input: str
    output: str
    weight: str
    bias: str | None
    in_features: int
    out_features: int
    size: int
    order: tuple[int, ...]
    shared_with: tuple[str, ...] = ()


def linear_layers(graph: Graph) -> tuple[LinearLayer, ...]:
    """Every Gemm, MatMul and Conv with a stored weight, in forward order.

    A layer counts as attention if a product of two computed tensors, such as scores or their mix, follows or precedes
    it with nothing but layout, scaling, masking and softmax in between.
    """
    view = _view(graph)
    found = (_layer(view, node) for node in graph.nodes)
    return tuple(replace(layer, index=index) for index, layer in enumerate(each for each in found if each is not None))


def normalisations(graph: Graph) -> tuple[LinearLayer, ...]:
    """Every layer normalisation over the last axis with a stored scale, in forward order after all linear layers."""
    view, found = _view(graph), []
    for node in graph.nodes:
        if (
            node.op != "LayerNormalization"
            or node.inputs[0] not in view.computed
            or node.attributes.get("axis", -1) != -1
        ):
            continue
        scale = view.constant(node.inputs[1]) if len(node.inputs) > 1 else None
        if scale is None or len([name for name in node.outputs if name]) > 1:
            continue
        shift = view.constant(node.inputs[2]) if len(node.inputs) > 2 else None
        sizes = [graph.constants[name].size for name in (scale, shift) if name is not None]
        shared = (view.users(scale) | (view.users(shift) if shift else set())) - {node.name}
        found.append(
            LinearLayer(
                index=0,
                name=_readable(node, scale),
                kind="scale",
                node=node.name,
                input=node.inputs[0],
                output=node.outputs[0],
                weight=scale,
                bias=shift,
                in_features=1,
                out_features=sizes[0],
                size=sum(sizes),
                order=tuple(range(graph.constants[scale].ndim)),
                shared_with=tuple(sorted(shared)),
            )
        )
    first = len(linear_layers(graph)) if found else 0
    return tuple(replace(layer, index=first + at) for at, layer in enumerate(found))


@dataclass(frozen=True, slots=True)
class _View:
    graph: Graph
    computed: set[str]
    producers: dict[str, Node]
    readers: dict[str, list[Node]]

    def stored(self, tensor: str) -> tuple[str, tuple[int, ...]] | None:
        """The constant behind a tensor, and the axes of the constant in the order of the tensor."""
        turns: list[Sequence[int]] = []
        while tensor not in self.graph.constants:
            node = self.producers.get(tensor)
            if node is None or node.op not in _HANDS_ON:
                return None
            if node.op == "Transpose":
                turns.append(node.attributes.get("perm", ()))
            tensor = node.inputs[0]
        order = tuple(range(self.graph.constants[tensor].ndim))
        for perm in reversed(turns):
            order = tuple(order[axis] for axis in perm) if len(perm) else order[::-1]
        return tensor, order

    def constant(self, tensor: str) -> str | None:
        """The constant behind a tensor, if it comes as it is stored."""
        found = self.stored(tensor) if tensor else None
        return found[0] if found is not None and found[1] == tuple(sorted(found[1])) else None

    def users(self, constant: str) -> set[str]:
        """Names of the nodes that read a constant, through nodes that hand it on."""
        names: set[str] = set()
        for node in self.readers.get(constant, []):
            if node.op in _SHAPES:
                continue
            names |= self.users(node.outputs[0]) if node.op in _HANDS_ON else {node.name}
        return names


def _view(graph: Graph) -> _View:
    computed = {name for node in graph.after(signature.name for signature in graph.inputs) for name in node.outputs}
    computed.update(signature.name for signature in graph.inputs)
    producers = {name: node for node in graph.nodes for name in node.outputs}
    readers: dict[str, list[Node]] = {}
    for node in graph.nodes:
        for name in dict.fromkeys(node.inputs):
            readers.setdefault(name, []).append(node)
    return _View(graph, computed, producers, readers)


def _layer(view: _View, node: Node) -> LinearLayer | None:
    if node.op not in {"Gemm", "MatMul", "Conv"} or node.inputs[0] not in view.computed:
        return None
    found = view.stored(node.inputs[1])
    if found is None:
        return None
    weight, order = found
    shape = [view.graph.constants[weight].shape[axis] for axis in order]
    bias = view.constant(node.inputs[2]) if len(node.inputs) > 2 else None
    output, adders = node.outputs[0], {node.name}
    if node.op == "Conv":
        outs = shape[0]
        ins = view.graph.constants[weight].size // max(1, outs)
    else:
        scaled = any(node.attributes.get(name, 1.0) != 1.0 for name in ("alpha", "beta"))
        if len(shape) != 2 or scaled or node.attributes.get("transA", 0):
            return None
        if not node.attributes.get("transB", 0):
            order, shape = order[::-1], shape[::-1]
        outs, ins = shape
        if len(node.inputs) < 3 or not node.inputs[2]:
            output, bias, adder = _with_bias(view, output, outs)
            adders |= adder
    shared = (view.users(weight) | (view.users(bias) if bias else set())) - adders
    return LinearLayer(
        index=0,
        name=_readable(node, weight),
        kind="conv" if node.op == "Conv" else "attention" if _in_attention(view, node, output) else "linear",
        node=node.name,
        input=node.inputs[0],
        output=output,
        weight=weight,
        bias=bias,
        in_features=ins,
        out_features=outs,
        size=view.graph.constants[weight].size + (view.graph.constants[bias].size if bias else 0),
        order=order,
        shared_with=tuple(sorted(shared)),
    )


def _with_bias(view: _View, product: str, width: int) -> tuple[str, str | None, set[str]]:
    """The tensor after the bias, the bias, and the node that adds it, where that is all that is done to a product."""
    readers = view.readers.get(product, [])
    if len(readers) == 1 and readers[0].op == "Add" and product not in {each.name for each in view.graph.outputs}:
        adder = readers[0]
        other = adder.inputs[1] if adder.inputs[0] == product else adder.inputs[0]
        bias = view.constant(other)
        if bias is not None and view.graph.constants[bias].shape == (width,):
            return adder.outputs[0], bias, {adder.name}
    return product, None, set()


def _in_attention(view: _View, node: Node, output: str) -> bool:
    def mixes(each: Node) -> bool:
        return each.op == "MatMul" and all(name in view.computed for name in each.inputs)

    def onwards(tensor: str) -> Iterable[Node]:
        return view.readers.get(tensor, [])

    def backwards(tensor: str) -> Iterable[Node]:
        return [view.producers[tensor]] if tensor in view.producers else []

    return _reaches(output, onwards, lambda each: each.outputs, mixes) or _reaches(
        node.inputs[0], backwards, lambda each: each.inputs, mixes
    )


def _reaches(
    start: str,
    neighbours: Callable[[str], Iterable[Node]],
    leads_to: Callable[[Node], Iterable[str]],
    wanted: Callable[[Node], bool],
) -> bool:
    seen, queue = {start}, deque([start])
    while queue:
        for node in neighbours(queue.popleft()):
            if wanted(node):
                return True
            if node.op in _BETWEEN:
                new = set(leads_to(node)) - seen
                seen |= new
                queue.extend(new)
    return False


def _readable(node: Node, weight: str) -> str:
    """The name of the module or layer in the file, or of the node where an exporter has named the weight itself."""
    if weight.startswith(_MADE_UP) or not any(letter.isalpha() for letter in weight):
        return node.name if node.name not in node.outputs else f"{node.op} {weight}"
    for suffix in (".weight", "/kernel", "/vars/0"):
        weight = weight.removesuffix(suffix)
    return weight


# How torch's exporters name a weight that has no name of its own.
_MADE_UP = ("onnx::", "val_", "_tensor_constant", "lifted_tensor")
