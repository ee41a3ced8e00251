"""An exported program with edits of its graph: the calls that edits touch are made anew, all others stay.

Where edited nodes of the graph have no counterpart in the program, or torch no call that says the same, that is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netmend.core.errors import Inexpressible
from netmend.network.backends._base import package
from netmend.network.backends._fx import correspondence
from netmend.network.backends._fx_calls import CALLS, Site
from netmend.network.backends._lower import as_arguments
from netmend.network.evaluate import as_tensor
from netmend.network.graph import Array, Graph, Node
from netmend.network.random_inputs import random_inputs


@dataclass(eq=False)
class _Program:
    """The calls of a program while edits are put into them.

    Attributes:
        flat: `program.module()`; it is changed. calls: of the tensors of the graph. keys: its names of constants.
    """

    flat: Any
    old: Graph
    new: Graph
    keys: Mapping[str, str]
    calls: dict[str, Any] = field(default_factory=dict)

    def edit(self, names: tuple[str, ...]) -> None:
        """Put the edits in."""
        known = {node.name: node for node in self.flat.graph.nodes}
        self.calls = {name: known[call] for name, call in correspondence(self.flat, self.old, names).items()}
        before = {node.outputs[0]: node for node in self.old.nodes}
        settings = {name for name, value in self.new.constants.items() if self.old.constants.get(name) is not value}
        for name in settings & self.keys.keys():
            self._assign(self.keys[name], self.new.constants[name])
        settings -= self.keys.keys()
        for node in self.new.nodes:
            was = before.get(node.outputs[0])
            if node is was and settings.isdisjoint(node.inputs):
                continue
            if not settings.isdisjoint(node.inputs) or not self._rewired(node, was):
                self._make(node, was)
        self.flat.graph.eliminate_dead_code()
        package("torch.fx.passes.tools_common", "PyTorch networks").legalize_graph(self.flat)
        self.flat.recompile()

    def _make(self, node: Node, was: Node | None) -> None:
        graph = self.flat.graph
        old = self.calls.get(node.outputs[0])
        if was is not None and old is None:
            raise self._lost(node)
        if node.op not in CALLS:
            raise Inexpressible(
                f"an exported program cannot be given {node.op}",
                where=f"node {node.name!r}",
                hint=f"known are {', '.join(sorted(CALLS))}; or write the network as ONNX",
            )
        after = list(graph.nodes)
        inputs = [self._input(node, name) if name else None for name in node.inputs]
        order = {each: place for place, each in enumerate(graph.nodes)}
        last = max((each for each in inputs if each is not None), key=lambda each: order[each], default=after[0])
        constants = {i: self.new.constants[n] for i, n in enumerate(node.inputs) if n in self.new.constants}
        with graph.inserting_after(last):
            anchor = graph.call_function(package("torch", "PyTorch networks").ops.aten.alias.default, (last,))
        with graph.inserting_before(anchor):
            made = CALLS[node.op](Site(graph, node, inputs, constants))
        graph.erase_node(anchor)
        if old is not None:
            old.replace_all_uses_with(made)
        self.calls[node.outputs[0]] = made

    def _rewired(self, node: Node, was: Node | None) -> bool:
        """Whether a node only reads other tensors, and its call could be given them."""
        call = self.calls.get(node.outputs[0])
        if (
            was is None
            or call is None
            or (was.op, was.attributes, len(was.inputs)) != (node.op, node.attributes, len(node.inputs))
        ):
            return False
        pairs = [(one, other) for one, other in zip(was.inputs, node.inputs, strict=True) if one != other]
        if not pairs or any(self.calls.get(one) not in call.all_input_nodes or not other for one, other in pairs):
            return False
        for one, other in pairs:
            call.replace_input_with(self.calls[one], self._input(node, other))
        return True

    def _input(self, node: Node, name: str) -> Any:
        if name in self.new.constants:
            # An empty one says nothing (the region of a Resize), and torch cannot save it beside others.
            return self._constant(name) if self.new.constants[name].size else None
        if name not in self.calls:
            raise self._lost(node, name)
        return self.calls[name]

    def _constant(self, name: str) -> Any:
        key = self.keys.get(name)
        graph = self.flat.graph
        if key is None:
            key = "netmend_" + "".join(each if each.isalnum() else "_" for each in name)
            value = self.new.constants[name]
            narrow = value.astype(np.float32) if value.dtype == np.float64 else value
            self.flat.register_buffer(key, as_tensor(narrow))
        found = next((node for node in graph.nodes if node.op == "get_attr" and node.target == key), None)
        if found is not None:
            return found
        with graph.inserting_before(next(iter(graph.nodes))):
            return graph.get_attr(key)

    def _assign(self, key: str, value: Array) -> None:
        torch = package("torch", "PyTorch networks")
        path, _, leaf = key.rpartition(".")
        owner = self.flat.get_submodule(path) if path else self.flat
        tensor = as_tensor(value)
        if leaf in owner._parameters:
            owner._parameters[leaf] = torch.nn.Parameter(tensor, requires_grad=False)
        else:
            setattr(owner, leaf, tensor)

    def _lost(self, node: Node, tensor: str = "") -> Inexpressible:
        what = f"the tensor {tensor!r}" if tensor else f"what {node.op} computes"
        return Inexpressible(
            f"{what} is not a value of the program: torch spells it otherwise",
            where=f"node {node.name!r}",
            hint="write the network as ONNX, or change the module's own code",
        )


def rewritten(program: Any, old: Graph, new: Graph, keys: Mapping[str, str], names: tuple[str, ...]) -> Any:
    """An exported program with the calls that differ between two graphs made anew, and exported again.

    Args:
        keys: names of the state for constants of the graph. names: of the arguments, as `TorchNetwork` has them.

    Raises:
        Inexpressible: torch has no such call, or the program no such value.
    """
    torch = package("torch", "PyTorch networks")
    flat = program.module()
    for node in [each for each in flat.graph.nodes if each.op == "call_module" and not each.users]:
        flat.graph.erase_node(node)
    flat.recompile()
    _Program(flat, old, new, keys).edit(names)
    arguments, keywords = as_arguments(dict(zip(names, random_inputs(new).values(), strict=True)))
    free = {each.name: {0: torch.export.Dim.AUTO} if each.shape[:1] == (None,) else None for each in new.inputs}
    dynamic: Any = dict(zip(keywords, free.values(), strict=True)) if keywords else tuple(free.values())
    try:
        with torch.no_grad():
            return torch.export.export(flat, arguments, keywords, dynamic_shapes=dynamic)
    except Exception as error:  # the exporter lets through whatever fails inside it
        raise Inexpressible(
            f"torch does not accept the edited network: {str(error).splitlines()[0]}",
            hint="edits that keep types and shapes consistent",
        ) from error
