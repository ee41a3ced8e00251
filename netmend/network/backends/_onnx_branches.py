"""Branches and loops of ONNX files put in place of the nodes that hold them, so that all is plain dataflow.

A branch whose condition is stored is the only one that is kept. Where the inputs decide, both are computed and one is
selected; what is selected is the same. A loop that runs a stored number of times is written out.

References: the ONNX specification of If, Loop and Where.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from netmend.core.errors import UnsupportedModel
from netmend.network.backends._base import package

LONGEST = 64
"""Rounds of a loop that are written out at most (own choice)."""


def without_branches(model: Any) -> Any:
    """A copy of a parsed model without If and Loop; the model itself where it has none.

    Raises:
        UnsupportedModel: a loop ends when the inputs say so, or a branch makes something else than tensors.
    """
    if not any(node.op_type in ("If", "Loop") for node in model.graph.node):
        return model
    copy = type(model)()
    copy.CopyFrom(model)
    flat = _Flat(copy)
    nodes = list(flat.flattened(model.graph.node, {}))
    del copy.graph.node[:]
    copy.graph.node.extend(nodes)
    return copy


class _Flat:
    def __init__(self, model: Any) -> None:
        self.model, self.helper = model, package("onnx.helper", "reading ONNX files")
        self.numpy = package("onnx.numpy_helper", "reading ONNX files")
        self.stored: dict[str, Any] = {}
        for each in model.graph.initializer:
            self._store(each.name, each)
        self.count = 0

    def _store(self, name: str, tensor: Any) -> None:
        """Keep a single number, as conditions and numbers of rounds are."""
        if not tensor.data_location and all(size == 1 for size in tensor.dims):
            self.stored[name] = self.numpy.to_array(tensor)

    def flattened(self, nodes: Any, names: Mapping[str, str]) -> Iterator[Any]:
        """Nodes under other names of their tensors, with branches and loops put in place."""
        for node in nodes:
            each = type(node)()
            each.CopyFrom(node)
            each.input[:] = [names.get(name, name) for name in node.input]
            each.output[:] = [names.get(name, name) for name in node.output]
            if node.op_type == "If" and not node.domain:
                yield from self._branch(each, names)
            elif node.op_type == "Loop" and not node.domain:
                yield from self._loop(each, names)
            else:
                if node.op_type == "Constant" and node.attribute and node.attribute[0].HasField("t"):
                    self._store(each.output[0], node.attribute[0].t)
                yield each

    def _branch(self, node: Any, names: Mapping[str, str]) -> Iterator[Any]:
        held = {each.name: each.g for each in node.attribute}
        known = self.stored.get(node.input[0])
        if known is not None:
            chosen = held["then_branch" if bool(np.asarray(known).reshape(-1)[0]) else "else_branch"]
            made = yield from self._body(node, chosen, names, {})
            yield from self._identities(made, node.output)
            return
        one = yield from self._body(node, held["then_branch"], names, {})
        other = yield from self._body(node, held["else_branch"], names, {})
        for then, otherwise, output in zip(one, other, node.output, strict=True):
            name = node.name if len(node.output) == 1 else f"{node.name} {output}"
            yield self.helper.make_node("Where", [node.input[0], then, otherwise], [output], name)

    def _loop(self, node: Any, names: Mapping[str, str]) -> Iterator[Any]:
        body = node.attribute[0].g
        rounds, goes_on = self.stored.get(node.input[0]), node.input[1]
        begins = bool(np.asarray(self.stored.get(goes_on, True)).reshape(-1)[0]) if goes_on else True
        if rounds is None or int(rounds) > LONGEST or (goes_on and goes_on not in self.stored) or not _endless(body):
            raise UnsupportedModel(
                "a loop runs until the inputs say so, or too often to be written out",
                where=f"node {node.name or node.output[0]!r} (Loop)",
                hint=f"export the network with loops of at most {LONGEST} rounds, a number that is stored",
            )
        carried = list(node.input[2:])
        scanned: list[list[str]] = [[] for _ in body.output[1 + len(carried) :]]
        for place in range(int(rounds) if begins else 0):
            number, true = self._constant(np.array(place, np.int64)), self._constant(np.array(True))
            given = dict(zip((each.name for each in body.input), (number, true, *carried), strict=True))
            made = yield from self._body(node, body, names, given)
            carried = made[1 : 1 + len(carried)]
            for parts, name in zip(scanned, made[1 + len(carried) :], strict=True):
                parts.append(f"{name} of its own")
                yield self.helper.make_node("Unsqueeze", [name, self._constant(np.array([0]))], [parts[-1]], parts[-1])
        yield from self._identities(carried, node.output[: len(carried)])
        for parts, output in zip(scanned, node.output[len(carried) :], strict=True):
            if not parts:
                raise UnsupportedModel("a loop of no rounds collects values", where=f"node {node.name!r} (Loop)")
            yield self.helper.make_node("Concat", parts, [output], f"{node.name} {output}", axis=0)

    def _body(self, node: Any, body: Any, outer: Mapping[str, str], given: Mapping[str, str]) -> Any:
        """The nodes of a body under names of their own; returns the names of its outputs."""
        self.count += 1
        own = {each.name for each in body.initializer} | {name for each in body.node for name in each.output if name}
        names = {**outer, **{name: f"{name} in {node.output[0]} {self.count}" for name in own}, **given}
        for each in body.initializer:
            added = self.model.graph.initializer.add()
            added.CopyFrom(each)
            added.name = names[each.name]
            self._store(added.name, each)
        for place, each in enumerate(self.flattened(body.node, names)):
            each.name = f"{each.name or each.op_type} in {node.name or node.output[0]} {self.count} {place}"
            yield each
        return [names.get(each.name, each.name) for each in body.output]

    def _identities(self, made: list[str], outputs: Any) -> Iterator[Any]:
        for name, output in zip(made, outputs, strict=True):
            yield self.helper.make_node("Identity", [name], [output], f"Identity {output}")

    def _constant(self, value: Any) -> str:
        self.count += 1
        name = f"loop constant {self.count}"
        self.model.graph.initializer.append(self.numpy.from_array(value, name))
        self.stored[name] = value
        return name


def _endless(body: Any) -> bool:
    """Whether a loop's body never says that it is the last round."""
    says, given = body.output[0].name, body.input[1].name
    origin = {name: node for node in body.node for name in node.output}
    while says in origin and origin[says].op_type == "Identity":
        says = origin[says].input[0]
    if says == given:
        return True
    node = origin.get(says)
    numpy = package("onnx.numpy_helper", "reading ONNX files")
    stored = next((each for each in body.initializer if each.name == says), None)
    if node is not None and node.op_type == "Constant":
        stored = node.attribute[0].t
    return stored is not None and bool(numpy.to_array(stored).all())
