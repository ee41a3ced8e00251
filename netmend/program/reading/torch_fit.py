"""How a PyTorch loop is given its rows: their order, and how much each class counts in the loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.torch_data import label_uses
from netmend.program.reading.torch_loops import training_loader
from netmend.program.reading.torch_names import module_class
from netmend.program.reading.torch_program import Reading
from netmend.program.reading.torch_values import argument_element, write_argument

NONE, BALANCED = "none", "balanced"
_WEIGHTS = {"CrossEntropyLoss": "weight", "NLLLoss": "weight", "BCEWithLogitsLoss": "pos_weight"}


def find_shuffling(reading: Reading) -> Iterator[Element]:
    """Whether the training loader shuffles; none where a sampler sets the order."""
    loader = training_loader(reading)
    bindings = reading.bindings
    if loader is None or any(bindings.argument(loader, name) is not None for name in ("sampler", "batch_sampler")):
        return
    found = argument_element(reading, "shuffling", loader, "shuffle", 2, False, "DataLoader")
    site = bindings.argument(loader, "shuffle", 2)
    if site is not None:
        value = bindings.resolve(site).value
        found = replace(found, value=value if isinstance(value, bool) else None)
    yield found


def write_shuffling(element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that let the loader shuffle or not.

    Raises:
        Unchangeable: its arguments cannot be seen, or the value is no truth value.
    """
    if not isinstance(value, bool):
        raise Unchangeable(f"{value!r} is neither True nor False", where=str(element.place))
    return write_argument(element, str(value))


def find_class_weights(reading: Reading) -> Iterator[Element]:
    """The weights of classes in a loss module that takes them."""
    for call in reading.losses:
        name = _WEIGHTS.get(module_class(call.name))
        if name is None:
            continue
        found = argument_element(reading, "class-weight", call, name, 0 if name == "weight" else 3, NONE, call.short)
        site = reading.bindings.argument(call, name, 0 if name == "weight" else 3)
        labels = _labels(reading, call)
        if site is not None:
            resolved = reading.bindings.resolve(site)
            own = labels is not None and site.text == _balanced(labels.text, name)
            nothing = resolved.known and resolved.value is None
            found = replace(found, value=BALANCED if own else NONE if nothing else None)
        form = found.form if labels is not None else "unnamed"
        yield replace(found, form=form, extra=(*found.extra, ("labels", labels)))


def write_class_weight(element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that weigh classes by the inverse of their share of the training labels, or all alike.

    Raises:
        Unchangeable: the labels have no name that can be used where the loss is made.
    """
    extra = dict(element.extra)
    if value == NONE:
        call: Call = extra["call"]
        doomed = [each for each in call.node.keywords if each.arg == extra["argument"]]
        return spans.remove_arguments(call, doomed) if doomed else write_argument(element, "None")
    labels: Site | None = extra["labels"]
    if value != BALANCED or labels is None:
        raise Unchangeable("the training labels cannot be counted here", where=str(element.place))
    return write_argument(element, _balanced(labels.text, extra["argument"]))


def _balanced(labels: str, parameter: str) -> str:
    """Weights rows / (classes x rows of the class), which average to 1; of a binary loss, zeros for each one."""
    if parameter == "pos_weight":
        return f"(len({labels}) - {labels}.sum()) / {labels}.sum()"
    return f"len({labels}) / (len({labels}.unique()) * {labels}.bincount())"


def _labels(reading: Reading, loss: Call) -> Site | None:
    """The training labels as they can be written where the loss is made; None if they cannot."""
    for use in label_uses(reading):
        if use.training and use.site.file is loss.file and reading.names_alike(use.site, loss.site):
            return use.site
    return None
