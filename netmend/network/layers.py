"""The parametrised linear layers of a graph: what a weight repair may edit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import prod

from netmend.network.graph import Array, Graph, Node

# What hands the stored numbers on unchanged, as exporters put between a stored weight and the layer, or some of them:
# attention whose queries come from elsewhere than its keys reads one stored matrix in two or three parts.
_HANDS_ON = {"Identity", "Transpose", "Cast", "Slice", "Split"}
# What looks at the shape of a weight, not at its numbers.
_SHAPES = {"Shape", "Size", "CastLike"}
# What stands between a projection of attention and the product of two computed tensors that it feeds or is fed by.
_BETWEEN = {"Reshape", "Transpose", "Add", "Mul", "Div", "Split", "Slice", "Squeeze", "Unsqueeze", "Identity", "Concat"}
_BETWEEN |= {"Gather", "Cast", "Expand", "Dropout", "Where", "Softmax", "Sqrt"}


Part = tuple[int, int]


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
        part, bias_part: first row, and the one past the last, of the stored weight in the order (out, in, ...) and of
            the bias, where the layer reads only these; None where it reads all.
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
    part: Part | None = None
    bias_part: Part | None = None


def linear_layers(graph: Graph) -> tuple[LinearLayer, ...]:
    """Every Gemm, MatMul, Conv and Einsum of two tensors with a stored weight, in forward order.

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
        if scale is None or scale.part is not None or len([name for name in node.outputs if name]) > 1:
            continue
        shift = view.constant(node.inputs[2]) if len(node.inputs) > 2 else None
        shift = shift if shift is not None and shift.part is None else None
        sizes = [graph.constants[each.name].size for each in (scale, shift) if each is not None]
        shared = (view.users(scale) | (view.users(shift) if shift else set())) - {node.name}
        found.append(
            LinearLayer(
                index=0,
                name=_readable(node, scale.name),
                kind="scale",
                node=node.name,
                input=node.inputs[0],
                output=node.outputs[0],
                weight=scale.name,
                bias=None if shift is None else shift.name,
                in_features=1,
                out_features=sizes[0],
                size=sum(sizes),
                order=scale.order,
                shared_with=tuple(sorted(shared)),
            )
        )
    first = len(linear_layers(graph)) if found else 0
    return tuple(replace(layer, index=first + at) for at, layer in enumerate(found))


@dataclass(frozen=True, slots=True)
class _Stored:
    """What a tensor has of a constant.

    Attributes:
        order: axes of the constant in the order of the tensor. axis, part: of the constant, where it is not all of it.
    """

    name: str
    order: tuple[int, ...]
    axis: int = 0
    part: Part | None = None

    def meets(self, other: _Stored) -> bool:
        """Whether some number of the constant is in both."""
        if self.part is None or other.part is None or self.axis != other.axis:
            return True
        return self.part[0] < other.part[1] and other.part[0] < self.part[1]


@dataclass(frozen=True, slots=True)
class _View:
    """A graph with what is behind its tensors.

    Attributes:
        reading: for each constant, by name, which node computes with what of it.
    """

    graph: Graph
    computed: set[str]
    producers: dict[str, Node]
    readers: dict[str, list[Node]]
    reading: dict[str, list[tuple[str, _Stored]]] = field(default_factory=dict)

    def stored(self, tensor: str) -> _Stored | None:
        """The constant behind a tensor; None if there is none, or more was done to it than to turn and to cut it."""
        constants = self.graph.constants
        if tensor in constants:
            return _Stored(tensor, tuple(range(constants[tensor].ndim)))
        node = self.producers.get(tensor)
        if node is None or node.op not in _HANDS_ON:
            return None
        before = self.stored(node.inputs[0])
        if before is None:
            return None
        if node.op == "Transpose":
            perm = node.attributes.get("perm", ())
            turned = tuple(before.order[axis] for axis in perm) if len(perm) else before.order[::-1]
            return replace(before, order=turned)
        if node.op not in ("Slice", "Split"):
            return before
        cut = _cut(node, tensor, constants, len(before.order))
        if cut is None or before.part is not None:
            return None
        axis = before.order[cut[0]]
        length = constants[before.name].shape[axis]
        first, last, _ = slice(*cut[1]).indices(length)
        return before if (first, last) == (0, length) else replace(before, axis=axis, part=(first, last))

    def constant(self, tensor: str) -> _Stored | None:
        """The constant behind a tensor, if its axes come as they are stored."""
        found = self.stored(tensor) if tensor else None
        return found if found is not None and found.order == tuple(sorted(found.order)) else None

    def users(self, stored: _Stored) -> set[str]:
        """Names of the nodes that compute with any of these numbers."""
        return {name for name, read in self.reading.get(stored.name, []) if read.meets(stored)}


def _cut(node: Node, tensor: str, constants: Mapping[str, Array], axes: int) -> tuple[int, Part] | None:
    """Along which axis a Slice or Split cuts out a tensor, and from where to where; None where that is not stored."""
    given = [constants.get(name) for name in node.inputs[1:] if name]
    if any(each is None for each in given):
        return None
    numbers = [each.ravel().tolist() for each in given if each is not None]
    if node.op == "Split":
        if not numbers:
            return None
        at = node.outputs.index(tensor)
        first = sum(numbers[0][:at])
        return int(node.attributes.get("axis", 0)) % axes, (first, first + numbers[0][at])
    if any(len(each) != 1 for each in numbers) or len(numbers) < 2 or numbers[3:] not in ([], [[1]]):
        return None
    axis = numbers[2][0] if len(numbers) > 2 else 0
    return axis % axes, (numbers[0][0], numbers[1][0])


def _view(graph: Graph) -> _View:
    computed = {name for node in graph.after(signature.name for signature in graph.inputs) for name in node.outputs}
    computed.update(signature.name for signature in graph.inputs)
    producers = {name: node for node in graph.nodes for name in node.outputs}
    readers: dict[str, list[Node]] = {}
    for node in graph.nodes:
        for name in dict.fromkeys(node.inputs):
            readers.setdefault(name, []).append(node)
    view = _View(graph, computed, producers, readers)
    for node in graph.nodes:
        # What is cut in another way than is followed here counts as computing.
        followed = node.op in _HANDS_ON and all(view.stored(name) is not None for name in node.outputs)
        for name in () if followed or node.op in _SHAPES else dict.fromkeys(node.inputs):
            found = view.stored(name)
            if found is not None:
                view.reading.setdefault(found.name, []).append((node.name, found))
    return view


def _layer(view: _View, node: Node) -> LinearLayer | None:
    if node.op not in {"Gemm", "MatMul", "Conv", "Einsum"} or node.inputs[0] not in view.computed:
        return None
    if len(node.inputs) == 1:  # an Einsum of one tensor, as for a diagonal
        return None
    found = view.stored(node.inputs[1])
    if found is None:
        return None
    weight, order = found.name, found.order
    lengths = list(view.graph.constants[weight].shape)
    if found.part is not None:
        lengths[found.axis] = found.part[1] - found.part[0]
    shape = [lengths[axis] for axis in order]
    bias = view.constant(node.inputs[2]) if len(node.inputs) > 2 else None
    output, adders = node.outputs[0], {node.name}
    if node.op == "Conv":
        outs = shape[0]
        ins = prod(shape[1:])
    elif node.op == "Einsum":
        split = _summed(node)
        if split is None or found.part is not None:
            return None
        made, summed = (tuple(shape[at] for at in part) for part in split)
        order = tuple(order[at] for part in split for at in part)
        outs, ins = prod(made), prod(summed)
        output, bias, adder = _with_bias(view, output, made)
        adders |= adder
    else:
        scaled = any(node.attributes.get(name, 1.0) != 1.0 for name in ("alpha", "beta"))
        if len(shape) != 2 or scaled or node.attributes.get("transA", 0):
            return None
        if not node.attributes.get("transB", 0):
            order, shape = order[::-1], shape[::-1]
        outs, ins = shape
        if len(node.inputs) < 3 or not node.inputs[2]:
            output, bias, adder = _with_bias(view, output, (outs,))
            adders |= adder
    if found.part is not None and found.axis != order[0]:
        return None  # some of its inputs have their weights elsewhere
    shared = (view.users(found) | (view.users(bias) if bias else set())) - adders
    name = _readable(node, weight)
    return LinearLayer(
        index=0,
        name=name if found.part is None else f"{name}[{found.part[0]}:{found.part[1]}]",
        kind="conv" if node.op == "Conv" else "attention" if _in_attention(view, node, output) else "linear",
        node=node.name,
        input=node.inputs[0],
        output=output,
        weight=weight,
        bias=None if bias is None else bias.name,
        in_features=ins,
        out_features=outs,
        size=prod(shape) + (_length(bias, view.graph.constants[bias.name]) if bias else 0),
        order=order,
        shared_with=tuple(sorted(shared)),
        part=found.part,
        bias_part=None if bias is None else bias.part,
    )


def _summed(node: Node) -> tuple[list[int], list[int]] | None:
    """Axes of a weight that are outputs, and inputs, of an Einsum x...i, weight -> x...o, as in attention of Keras."""
    terms, arrow, made = str(node.attributes["equation"]).replace(" ", "").partition("->")
    given, comma, weight = terms.partition(",")
    if not arrow or not comma or "," in weight or "." in terms:
        return None
    kept = [letter for letter in given if letter not in weight]
    summed = given[len(kept) :]
    new = made[len(kept) :]
    if [*kept, *summed] != [*given] or [*kept, *new] != [*made] or len({*given, *new}) != len(given + new):
        return None
    if sorted(summed + new) != sorted(weight) or not summed or not new:
        return None
    return [weight.index(letter) for letter in new], [weight.index(letter) for letter in summed]


def _with_bias(view: _View, product: str, width: tuple[int, ...]) -> tuple[str, _Stored | None, set[str]]:
    """The tensor after the bias, the bias, and the node that adds it, where that is all that is done to a product."""
    readers = view.readers.get(product, [])
    if len(readers) == 1 and readers[0].op == "Add" and product not in {each.name for each in view.graph.outputs}:
        adder = readers[0]
        other = adder.inputs[1] if adder.inputs[0] == product else adder.inputs[0]
        bias = view.constant(other)
        whole = view.graph.constants[bias.name] if bias is not None else None
        fits = whole is not None and (whole.shape == width or (len(width) == 1 and whole.ndim == 1))
        if bias is not None and whole is not None and fits and _length(bias, whole) == prod(width):
            return adder.outputs[0], bias, {adder.name}
    return product, None, set()


def _length(stored: _Stored, whole: Array) -> int:
    return whole.size if stored.part is None else stored.part[1] - stored.part[0]


def _in_attention(view: _View, node: Node, output: str) -> bool:
    def mixes(each: Node) -> bool:
        return each.op == "Attention" or (each.op == "MatMul" and all(name in view.computed for name in each.inputs))

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
