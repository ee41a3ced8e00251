"""An ONNX file with edits of its graph: nodes, attributes, inputs and constants are changed in the protobuf
message, and all else that it holds (metadata, names, unknown fields, numbers in files beside it) is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netmend.core.errors import Inexpressible, UnsupportedModel, UsageError
from netmend.network.backends._base import package
from netmend.network.backends._onnx_versions import first_version
from netmend.network.evaluate import as_tensor, forward
from netmend.network.graph import Array, Graph, Node

_STANDARD = ("", "ai.onnx")


@dataclass(eq=False)
class Rewriting:
    """A parsed model while edits are put into it.

    Attributes:
        model: a ModelProto without local functions; it is changed.
        old: the graph that was read from it. new: the edited one.
        beside: numbers that keep their place in a file beside the network, by name; found by `apply`.
    """

    model: Any
    old: Graph
    new: Graph
    beside: dict[str, Array] = field(default_factory=dict)

    def apply(self, external: Mapping[str, Any]) -> None:
        """Put the edits into the model.

        Args:
            external: constants whose numbers are in a file beside the network.

        Raises:
            Inexpressible: ONNX has no such operator or attribute.
        """
        body, before = self.model.graph, {node.outputs[0]: node for node in self.old.nodes}
        protos = {proto.output[0]: proto for proto in body.node}
        initial = {each.name: each for each in body.initializer}
        changed = {
            name: value for name, value in self.new.constants.items() if self.old.constants.get(name) is not value
        }
        made, touched = [], set(changed)
        for node in self.new.nodes:
            was = before.get(node.outputs[0])
            # Constants that only the graph has, such as the shape of a reshape for any batch, come with the change.
            foreign = {name for name in node.inputs if name in changed and name not in initial and name not in protos}
            if was is not None and was.op == node.op:
                if node is not was or foreign:
                    self._change(protos[node.outputs[0]], was, node, foreign)
                    touched.add(node.outputs[0])
            else:
                protos[node.outputs[0]] = self._proto(node)
                touched.add(node.outputs[0])
            made.append(protos[node.outputs[0]])
        for name, value in changed.items():
            self._store(name, value, initial, protos, external)
        if [each.outputs[0] for each in self.new.nodes] != [each.outputs[0] for each in self.old.nodes] or any(
            before[node.outputs[0]].op != node.op for node in self.new.nodes if node.outputs[0] in before
        ):
            constants = [each for each in body.node if each.op_type == "Constant" and each.domain in _STANDARD]
            ordered = [type(each).FromString(each.SerializeToString()) for each in (*constants, *made)]
            del body.node[:]
            body.node.extend(ordered)
        if touched:
            self._forget(touched)

    def _change(self, proto: Any, was: Node, node: Node, foreign: set[str]) -> None:
        if proto.op_type != was.op.rpartition(":")[2]:
            raise Inexpressible(
                f"{proto.op_type} takes a plain vector in the file and cannot be edited as {was.op}",
                where=f"node {node.name!r}",
                hint="export the network with a batch axis",
            )
        for name in was.attributes.keys() | node.attributes.keys():
            value = node.attributes.get(name)
            if _same(was.attributes.get(name), value):
                continue
            kept = [each for each in proto.attribute if each.name != name]
            if value is not None:
                kept.append(self._attribute(node, name, value))
            copies = [type(each).FromString(each.SerializeToString()) for each in kept]
            del proto.attribute[:]
            proto.attribute.extend(copies)
        inputs = list(proto.input)
        for place, name in enumerate(node.inputs):
            if place >= len(inputs):
                inputs.append(name)
            elif place >= len(was.inputs) or was.inputs[place] != name or name in foreign:
                inputs[place] = name
        del proto.input[:]
        proto.input.extend(inputs[: len(node.inputs)])

    def _proto(self, node: Node) -> Any:
        onnx = package("onnx", "ONNX files")
        domain, _, op = node.op.rpartition(":")
        self._schema(node)
        if domain not in {each.domain for each in self.model.opset_import} and domain not in _STANDARD:
            self.model.opset_import.append(onnx.helper.make_opsetid(domain, 1))
        proto = onnx.helper.make_node(op, node.inputs, node.outputs, name=node.name, domain=domain)
        proto.attribute.extend(self._attribute(node, name, value) for name, value in node.attributes.items())
        return proto

    def _schema(self, node: Node) -> Any:
        """What the specification says about an operator; None for operators of other domains."""
        onnx = package("onnx", "ONNX files")
        if ":" in node.op:
            return None
        try:
            return onnx.defs.get_schema(node.op, self.new.opset)
        except onnx.defs.SchemaError as error:
            first = first_version(node.op)
            hint = f"it begins with version {first}" if first else "use a standard operator"
            raise Inexpressible(
                f"version {self.new.opset} of the ONNX operators has no {node.op}",
                where=f"node {node.name!r}",
                hint=hint,
            ) from error

    def _attribute(self, node: Node, name: str, value: Any) -> Any:
        onnx = package("onnx", "ONNX files")
        schema = self._schema(node)
        if schema is None:
            return onnx.helper.make_attribute(name, value)
        if name not in schema.attributes:
            raise Inexpressible(
                f"{node.op} has no attribute {name} in version {self.new.opset}",
                where=f"node {node.name!r}",
                hint=f"its attributes are {', '.join(sorted(schema.attributes)) or 'none'}",
            )
        kind = schema.attributes[name].type.value
        if isinstance(value, np.ndarray) and kind == onnx.AttributeProto.TENSOR:
            value = onnx.numpy_helper.from_array(value)
        convert = {onnx.AttributeProto.INT: int, onnx.AttributeProto.FLOAT: float}.get(kind)
        each = {onnx.AttributeProto.INTS: int, onnx.AttributeProto.FLOATS: float}.get(kind)
        try:
            given = convert(value) if convert else [each(number) for number in value] if each else value
            return onnx.helper.make_attribute(name, given, attr_type=kind)
        except (TypeError, ValueError) as error:
            raise Inexpressible(f"{node.op} cannot have {name} = {value!r}", where=f"node {node.name!r}") from error

    def _store(
        self,
        name: str,
        value: Array,
        initial: Mapping[str, Any],
        protos: Mapping[str, Any],
        external: Mapping[str, Any],
    ) -> None:
        onnx = package("onnx", "ONNX files")
        known = self.old.constants.get(name)
        if known is None and value.dtype == np.float64 and not self._doubles():
            value = value.astype(np.float32)
        if name in external and known is not None and known.shape == value.shape and known.dtype == value.dtype:
            self.beside[name] = value
            return
        # Not by `np.ascontiguousarray`, which makes a vector of a single number.
        tensor = onnx.numpy_helper.from_array(np.asarray(value, order="C"), name)
        if name in initial:
            tensor.doc_string = initial[name].doc_string
            initial[name].CopyFrom(tensor)
        elif name in protos and known is not None:
            protos[name].CopyFrom(onnx.helper.make_node("Constant", [], [name], protos[name].name, value=tensor))
        else:
            self.model.graph.initializer.append(tensor)
        for declared in self.model.graph.input:
            if declared.name == name and known is not None and known.shape != value.shape:
                declared.type.CopyFrom(onnx.helper.make_tensor_type_proto(tensor.data_type, value.shape))

    def _doubles(self) -> bool:
        return any(each.dtype == "float64" for each in (*self.old.inputs, *self.old.outputs)) or any(
            value.dtype == np.float64 for value in self.old.constants.values()
        )

    def _forget(self, touched: set[str]) -> None:
        """Shapes that were written down for what now may have others; constants that nothing reads any longer."""
        body = self.model.graph
        after = {name for node in self.new.after(touched) for name in node.outputs} | touched
        kept = [each for each in body.value_info if each.name not in after]
        copies = [type(each).FromString(each.SerializeToString()) for each in kept]
        del body.value_info[:]
        body.value_info.extend(copies)
        read = {name for proto in body.node for name in proto.input}
        read |= {each.name for each in body.output} | {each.name for each in body.input}
        once = {name for node in self.old.nodes for name in node.inputs}
        for place in reversed(range(len(body.initializer))):
            name = body.initializer[place].name
            if name not in read and (name in once or name in self.old.constants):
                del body.initializer[place]
        for place in reversed(range(len(body.node))):
            proto = body.node[place]
            if proto.op_type == "Constant" and proto.output[0] in once and proto.output[0] not in read:
                del body.node[place]
        self._declare([each for each in body.output if each.name in after])

    def _declare(self, outputs: list[Any]) -> None:
        """The shapes of outputs that an edit changes, as they are for one row."""
        if not outputs:
            return
        feeds = {
            each.name: as_tensor(np.zeros([size or 1 for size in each.shape], each.dtype)) for each in self.new.inputs
        }
        try:
            found = forward(self.new, feeds, keep=[each.name for each in outputs])
        except UnsupportedModel:
            return  # ONNX Runtime may know the operator
        except UsageError as error:
            raise Inexpressible(f"the edited network cannot be computed: {error.what}", where=error.where) from error
        for each in outputs:
            declared = each.type.tensor_type.shape
            shape = tuple(found[each.name].shape)
            fits = len(declared.dim) == len(shape) and all(
                not dim.HasField("dim_value") or dim.dim_value == size or axis == 0
                for axis, (dim, size) in enumerate(zip(declared.dim, shape, strict=True))
            )
            if not fits:
                first = declared.dim[0] if declared.dim else None
                kept = None if first is None else type(first).FromString(first.SerializeToString())
                del declared.dim[:]
                for axis, size in enumerate(shape):
                    dim = declared.dim.add()
                    if axis == 0 and kept is not None:
                        dim.CopyFrom(kept)
                    else:
                        dim.dim_value = size


def _same(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    return bool(np.array_equal(one, other)) and isinstance(one, str) == isinstance(other, str)
