"""Operators on integers put back into an edited model: where their spelling in real numbers is as it was, and where
other tensors, numbers or settings in it are all that changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from netmend.network.backends._base import package
from netmend.network.backends._onnx_integers import PASSED_ON, blocks, in_reals, passed_on, products, spelled
from netmend.network.backends._onnx_rewrite import Rewriting
from netmend.network.backends._onnx_spelling import Group
from netmend.network.graph import Graph


def rewritten(plain: Any, old: Graph, new: Graph, external: Mapping[str, Any]) -> Rewriting:
    """A model with edits, in its own operators as far as they can say it.

    Args:
        plain: a model without local functions. old: the graph that was read from it. new: the edited one.
        external: constants whose numbers are in a file beside the network.

    Raises:
        Inexpressible: ONNX has no such operator or attribute.
    """
    model, groups = in_reals(plain)
    rewriting = Rewriting(model, old, new)
    rewriting.apply(external)
    put_back(model, groups, plain)
    return rewriting


def put_back(model: Any, groups: Iterable[Group], plain: Any) -> None:
    """Put integer operators in the place of their spelling, as far as they can say what the model now computes.

    Args:
        model: as `in_reals` made it, with edits; it is changed.
        groups: those of `in_reals`. plain: the model that `in_reals` was given.
    """
    groups = tuple(groups)
    if not groups:
        return
    numpy = package("onnx.numpy_helper", "writing ONNX files")
    body = model.graph
    made = {node.output[0]: node for node in body.node}
    values = {each.name: each for each in body.initializer}
    place: dict[str, tuple[Any, ...]] = {}
    gone, shared = set[str](), set[str]()
    for group in groups:
        result = group.old[-1].output[0]
        now = _spelling(made, group)
        old = None if now is None else _as_integers(group, now)
        if now is None or old is None or _read_elsewhere(body, group, now):
            continue
        if group.packed is not None:
            packed = group.packed.again(
                {each.name: numpy.to_array(values.get(each.name, each)) for each in group.packed.tensors}
            )
            if packed is None:
                continue
            _store(body, packed)
        place[result] = old
        gone.update(node.output[0] for node in now if node.op_type not in SHARED)
        shared.update(node.output[0] for node in now if node.op_type in SHARED)
    nodes: list[Any] = []
    for node in body.node:
        if node.output[0] in place:
            nodes += place[node.output[0]]
        elif node.output[0] not in gone:
            nodes.append(node)
    kept = _read(nodes, shared, {each.name for each in body.output})
    copies = [type(each).FromString(each.SerializeToString()) for each in kept]
    _name_apart(copies)
    copies = [*_lost(body, copies, plain.graph), *copies]
    del body.node[:]
    body.node.extend(copies)
    _drop_unread(body, groups)


SHARED = ("DequantizeLinear", "Mul", "Transpose")
"""What several integer operators may have in their spelling; it goes once nothing reads it."""


def _spelling(made: Mapping[str, Any], group: Group) -> tuple[Any, ...] | None:
    """What now makes the results of a group's spelling, followed from its end, where another tensor was put in."""
    now: dict[str, Any] = {}
    wanted = {group.old[-1].output[0]: group.new[-1]}
    order = []
    before = {node.output[0]: node for node in group.new}
    while wanted:
        name, was = wanted.popitem()
        node = made.get(name)
        if node is None or node.op_type != was.op_type or len(node.input) < len(was.input):
            return None
        now[was.output[0]] = node
        order.append(was.output[0])
        for one, other in zip(was.input, node.input, strict=False):
            if one in before and one not in now:
                wanted[other] = before[one]
    return tuple(now[node.output[0]] for node in group.new) if len(now) == len(group.new) else None


def _as_integers(group: Group, now: Sequence[Any]) -> tuple[Any, ...] | None:
    """The group's nodes with what changed in their spelling; None where they cannot say it."""
    if _same(now, group.new):
        return group.old
    old = [type(node).FromString(node.SerializeToString()) for node in group.old]
    for was, node in zip(group.new, now, strict=True):
        if was.op_type == node.op_type and was.op_type not in ("DequantizeLinear", "QuantizeLinear"):
            _change_attributes(old[group.main], was, node)
    inner = {node.output[0] for node in (*group.new, *now)}
    changes = [
        (one, other)
        for was, node in zip(group.new, now, strict=True)
        for one, other in zip(was.input, node.input, strict=False)
        if one != other and one not in inner
    ]
    return next((tried for tried in _changed(old, changes) if _same(now, _again(group, tried))), None)


def _changed(old: list[Any], changes: Sequence[tuple[str, str]]) -> Iterator[tuple[Any, ...]]:
    """The nodes with other tensors in their inputs: each change at every place of the old name, then at each alone."""
    if not changes:
        yield tuple(old)
        return
    (one, other), rest = changes[0], changes[1:]
    places = [(at, index) for at, node in enumerate(old) for index, name in enumerate(node.input) if name == one]
    for chosen in dict.fromkeys((tuple(places), *((each,) for each in places))):
        tried = [type(node).FromString(node.SerializeToString()) for node in old]
        for at, index in chosen:
            tried[at].input[index] = other
        yield from _changed(tried, rest)


def _again(group: Group, old: Sequence[Any]) -> Sequence[Any]:
    """The spelling of changed nodes."""
    if group.packed is not None:
        return blocks(old[0], group.packed).new
    if len(old) > 1:
        computed, stored = (str(old[2].input[place]) for place in _scales(group))
        return products(old, computed, stored).new
    if old[0].op_type in PASSED_ON:
        return passed_on(old[0], *group.new[-1].input[1:]).new
    found = spelled(old, ranks=group.ranks)
    return () if found is None else found.new


def _scales(group: Group) -> tuple[int, int]:
    """Where the scale of what is computed and of what is stored are among the factors."""
    names = [each for node in group.new if node.op_type == "DequantizeLinear" for each in node.input[1:2]]
    first = list(group.old[2].input).index(names[0])
    return first, 1 - first


def _change_attributes(old: Any, was: Any, now: Any) -> None:
    before, after = ({each.name: each for each in node.attribute} for node in (was, now))
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    kept = [each for each in old.attribute if each.name not in changed]
    kept += [after[name] for name in changed if name in after]
    copies = [type(each).FromString(each.SerializeToString()) for each in kept]
    del old.attribute[:]
    old.attribute.extend(copies)


def _same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Whether nodes compute the same; what tensors between them are called does not matter."""
    if len(one) != len(other):
        return False
    names: dict[str, str] = {}
    for left, right in zip(one, other, strict=True):
        renamed = [names.get(name, name) for name in left.input]
        attributes = [{each.name: each for each in node.attribute} for node in (left, right)]
        if (left.op_type, renamed) != (right.op_type, list(right.input)) or attributes[0] != attributes[1]:
            return False
        names.update(zip(left.output, right.output, strict=False))
    return True


def _read_elsewhere(body: Any, group: Group, now: Sequence[Any]) -> bool:
    """Whether something else reads what lies between the nodes of a spelling and is in no integer operator."""
    own = {id(node) for node in now}
    result = set(group.old[-1].output)
    inner = {name for node in now if node.op_type not in SHARED for name in node.output if name} - result
    read = {name for node in body.node if id(node) not in own for name in node.input}
    return bool(inner & (read | {each.name for each in body.output}))


def _read(nodes: Sequence[Any], shared: set[str], outputs: set[str]) -> list[Any]:
    """The nodes less those that several integer operators shared and nothing reads any longer."""
    wanted: set[str] = set(outputs)
    kept: list[Any] = []
    for node in reversed(nodes):
        if node.output[0] not in shared or not wanted.isdisjoint(node.output):
            kept.append(node)
            wanted.update(node.input)
    return kept[::-1]


def _store(body: Any, tensors: Iterable[Any]) -> None:
    """Numbers as the file holds them."""
    new = {each.name: type(each).FromString(each.SerializeToString()) for each in tensors}
    kept = [type(each).FromString(each.SerializeToString()) for each in body.initializer if each.name not in new]
    del body.initializer[:]
    body.initializer.extend([*kept, *new.values()])


def _lost(body: Any, nodes: Sequence[Any], plain: Any) -> list[Any]:
    """What is stored, as nodes, and only integer operators read; of initialisers likewise, which are put back."""
    known = {name for node in nodes for name in node.output} | {each.name for each in (*body.initializer, *body.input)}
    missing = {name for node in nodes for name in node.input if name} - known
    body.initializer.extend(each for each in plain.initializer if each.name in missing)
    return [node for node in plain.node if node.op_type == "Constant" and node.output[0] in missing]


def _name_apart(nodes: Sequence[Any]) -> None:
    """Names of their own for what stays spelled, whose nodes all have that of the operator whose place they take."""
    # The one that computes comes before the one that puts its answer on a grid, and keeps the name.
    taken = set[str]()
    conversions = [node for node in nodes if node.op_type in (*SHARED, "QuantizeLinear")]
    for node in (*(node for node in nodes if node.op_type not in (*SHARED, "QuantizeLinear")), *conversions):
        if node.name in taken:
            node.name = node.output[0]
        taken.add(node.name)


def _drop_unread(body: Any, groups: Iterable[Group]) -> None:
    """Unpacked numbers that no node reads."""
    read = {name for node in body.node for name in node.input}
    own = {each.name for group in groups if group.packed is not None for each in group.packed.tensors}
    for place in reversed(range(len(body.initializer))):
        name = body.initializer[place].name
        if name in own and name not in read:
            del body.initializer[place]
