"""What a PyTorch program does to its inputs: by statements, or by a first module.

The arrays are those given to `TensorDataset`, and those given to the model or the loss by name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.places import Edit
from netmend.program.reading.arrays import NONE, Arrays, Use
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.torch_insert import before, normalisation_text
from netmend.program.reading.torch_loops import training_loader
from netmend.program.reading.torch_model import Leaf
from netmend.program.reading.torch_names import MODULE_LOSSES, NORMALISATIONS, WEIGHTED_SUMS, module_class
from netmend.program.reading.torch_program import Reading, loss_function

_DATASETS = frozenset({"torch.utils.data.TensorDataset", "torch.utils.data.dataset.TensorDataset"})


def input_uses(reading: Reading) -> Iterator[Use]:
    """Every array of inputs: of data sets, then given to the model itself."""
    for call, training in _datasets(reading):
        yield Use(Site(call.file, call.node.args[0]), training)
    roots = {model.root.call.node for model in reading.models}
    in_step = {call.node for call in reading.step_calls}
    for call in reading.bindings.calls:
        if not call.method and not call.name and len(call.node.args) == 1:
            module = reading.module(Site(call.file, call.node.func))
            use = Site(call.file, call.node.args[0])
            if module is not None and module.call.node in roots and not _of_loop(reading, use):
                yield Use(use, call.node in in_step)


def label_uses(reading: Reading) -> Iterator[Use]:
    """Every array of labels: of data sets, then given to the loss itself in the training step."""
    for call, training in _datasets(reading):
        if len(call.node.args) > 1:
            yield Use(Site(call.file, call.node.args[-1]), training)
    for call in reading.step_calls:
        made = reading.bindings.call(reading.bindings.follow(Site(call.file, call.node.func)))
        applied = made is not None and module_class(made.name) in MODULE_LOSSES
        if (applied or loss_function(call.name)) and len(call.node.args) > 1:
            use = Site(call.file, call.node.args[1])
            if not _of_loop(reading, use):
                yield Use(use, True)


def find_input_scalings(reading: Reading) -> Iterator[Element]:
    """How the inputs are scaled; nothing for models that begin with an embedding."""
    first = next((model.flow.first for model in reading.models), None)
    leaf = first.leaf if first is not None else None
    uses = list(input_uses(reading))
    if leaf is None or leaf.kind.startswith("Embedding"):
        return
    arrays = Arrays(reading.bindings, uses)
    value, site = arrays.preparation() if arrays.complete else (NONE, None)
    steps = reading.models[0].flow.steps
    norm = steps[0].leaf if steps and steps[0].leaf is not None and steps[0].leaf.kind in NORMALISATIONS else None
    if value == NONE and norm is not None:
        value, site = "batch_normalization" if norm.kind.startswith("Batch") else None, norm.call.site
    if value != NONE and site is None:
        site = uses[0].site
    file, offset = arrays.place(leaf.call.site) if site is None else (site.file, site.span[0])
    end = offset if site is None else site.span[1]
    yield Element(
        kind="input-scaling",
        place=file.place(offset),
        start=offset,
        end=end,
        text=file.text[offset:end],
        value=value,
        absent=site is None,
        framework="torch",
        owner="training loop",
        form="named" if arrays.changeable else "layers",
        extra=(("arrays", arrays), ("leaf", leaf)),
    )


def write_input_scaling(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that scale the inputs by statements, or by a batch normalisation before the first layer.

    Raises:
        Unchangeable: it cannot be done safely.
    """
    extra = dict(element.extra)
    arrays: Arrays = extra["arrays"]
    leaf: Leaf = extra["leaf"]
    if value != "batch_normalization":
        return arrays.prepared(str(value))
    if leaf.kind not in WEIGHTED_SUMS:
        raise Unchangeable(f"no normalisation fits {leaf.kind}", where=str(element.place))
    text, imports = normalisation_text(reading, leaf, value, element, WEIGHTED_SUMS[leaf.kind][0])
    return (*before(reading, leaf, text), *imports)


def _datasets(reading: Reading) -> list[tuple[Call, bool]]:
    """Every data set of arrays, and whether it is trained on: if it is that of the training loader, or the only one."""
    made = [call for call in reading.bindings.calls if call.name in _DATASETS and call.node.args]
    loader = training_loader(reading)
    given = None if loader is None else reading.bindings.argument(loader, "dataset", 0)
    trained = None if given is None else reading.bindings.follow(given).node
    return [(call, call.node is trained or len(made) == 1) for call in made]


def _of_loop(reading: Reading, use: Site) -> bool:
    """Whether an expression uses what a loop goes over, which comes from a data set, or other numbers than arrays."""
    scopes = reading.bindings.scopes(use.file)
    names = [node for node in ast.walk(use.node) if isinstance(node, ast.Name)]
    found = [each.node for node in names for each in scopes.bindings(node.id, node)]
    return not names or any(isinstance(each, (ast.For, ast.AsyncFor, ast.comprehension)) for each in found)
