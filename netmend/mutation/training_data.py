"""Which variables hold the training data of a program, and before which statement it may be changed.

In Keras the two variables that `fit` is given; in PyTorch those of the `TensorDataset` that a loader reads, or those
that the training step itself takes its rows from. They must be bound in the scope of that statement, so that lines put
before it can bind them anew.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from netmend.mutation.operators._base import NotApplicable, Reason
from netmend.mutation.operators._calls import fits
from netmend.program.elements._find import find_all
from netmend.program.places import Place
from netmend.program.reading.bindings import Bindings, Call, Site, bindings_of
from netmend.program.reading.torch_program import Reading, reading_of
from netmend.program.source import Program, SourceFile
from netmend.training.answers import CLASSIFICATION_LOSSES

TENSOR_DATASETS = frozenset({"torch.utils.data.TensorDataset", "torch.utils.data.dataset.TensorDataset"})
TENSOR_METHODS = frozenset(
    {"to", "cuda", "float", "long", "double", "view", "reshape", "squeeze", "unsqueeze", "flatten", "contiguous"}
)
"""Methods that give the rows of a tensor back in another form (PyTorch reference, torch.Tensor)."""


@dataclass(frozen=True)
class TrainingData:
    """The training data of a program.

    Attributes:
        framework: "keras" (arrays) or "torch" (tensors).
        file: where they are used. statement: before which they may be changed.
        inputs, labels: names of the variables.
        classes: the labels are classes; None if the loss does not tell.
        tokens: the inputs are numbers of words, for an embedding.
    """

    framework: str
    file: SourceFile
    statement: ast.stmt
    inputs: str
    labels: str
    classes: bool | None
    tokens: bool

    @property
    def place(self) -> Place:
        """Where the data are used."""
        return self.file.place(self.file.span(self.statement)[0])


def training_data(program: Program) -> TrainingData | NotApplicable:
    """The training data of a program, or why they cannot be named."""
    bindings = bindings_of(program)
    place: Place | None = None
    for framework, call, names in _used(program, bindings):
        place = call.site.place
        if names is None:
            continue
        statement = _statement(bindings, call, names)
        scopes = bindings.scopes(call.file)
        if all(scopes.bound_in(scopes.scope(statement), name) for name in names):
            kinds = {element.value for element in find_all(program) if element.kind == "layer"}
            return TrainingData(framework, call.file, statement, *names, _classes(program), "Embedding" in kinds)
    what = "the training data are no two variables of the scope they are used in"
    return NotApplicable(Reason.DATA_NOT_NAMED, what if place else "no training can be seen in the text", place)


def _used(program: Program, bindings: Bindings) -> Iterator[tuple[str, Call, tuple[str, str] | None]]:
    """Framework, call that takes the data, and their names, for every training."""
    for call in fits(program):
        yield "keras", call, _names(bindings.argument(call, "x", 0), bindings.argument(call, "y", 1))
    reading = reading_of(program)
    if not reading.backwards:
        return
    sets = [call for call in bindings.calls if call.name in TENSOR_DATASETS and len(call.node.args) == 2]
    for call in sorted(sets, key=lambda each: not _trains(bindings, each)):
        yield "torch", call, _names(*(Site(call.file, each) for each in call.node.args))
        return
    yield "torch", reading.backwards[0], _of_step(reading)


def _names(inputs: Site | None, labels: Site | None) -> tuple[str, str] | None:
    if inputs is None or labels is None:
        return None
    first, second = inputs.node, labels.node
    return (first.id, second.id) if isinstance(first, ast.Name) and isinstance(second, ast.Name) else None


def _trains(bindings: Bindings, dataset: Call) -> bool:
    """Whether a loader shuffles a data set, as only one for training does."""
    for call in bindings.calls:
        given = bindings.argument(call, "dataset", 0) if call.short == "DataLoader" else None
        if given is not None and bindings.follow(given).node is dataset.node:
            shuffle = bindings.argument(call, "shuffle", 2)
            return shuffle is not None and bindings.resolve(shuffle).value is True
    return False


def _of_step(reading: Reading) -> tuple[str, str] | None:
    """The variables from which a training step without a loader takes inputs and labels."""
    bindings = reading.bindings
    losses = {call.node for call in reading.losses}
    for call in reading.step_calls:
        made = bindings.follow(Site(call.file, call.node.func)).node
        if (made in losses or call.node in losses) and len(call.node.args) == 2:
            inputs, labels = (_roots(reading, Site(call.file, each)) for each in call.node.args)
            if len(inputs) == len(labels) == 1 and "" not in inputs | labels:
                return inputs.pop(), labels.pop()
    return None


def _roots(reading: Reading, site: Site, seen: frozenset[str] = frozenset()) -> set[str]:
    """Variables from whose rows a value is computed: bound before the training loops, or at least before the inner one.

    A value of another sort is a root without a name.
    """
    bindings = reading.bindings
    match site.node:
        case ast.Name(id=name):
            scopes = bindings.scopes(site.file)
            loops = [
                node for node in scopes.ancestors(reading.backwards[0].node) if isinstance(node, (ast.For, ast.While))
            ]
            inside = [
                [each for each in scopes.bindings(name, site.node) if any(each.node is node for node in ast.walk(loop))]
                for loop in loops
            ]
            bound = inside[-1] if inside else []
            values = [each.value for each in bound if each.value is not None and not _mentions(each.value, name)]
            if len(bound) == len(values) == 1 and name not in seen:
                return _roots(reading, Site(site.file, values[0]), seen | {name})
            return {""} if inside and inside[0] else {name}
        case ast.Subscript(value=value):
            return _roots(reading, Site(site.file, value), seen)
        case ast.Call(func=ast.Attribute(value=value, attr=method)) if method in TENSOR_METHODS and not bindings.name(
            Site(site.file, site.node.func)
        ):
            return _roots(reading, Site(site.file, value), seen)
        case ast.Call(args=[only, *_]):
            return _roots(reading, Site(site.file, only), seen)
    return {""}


def _mentions(node: ast.expr, name: str) -> bool:
    return any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(node))


def _statement(bindings: Bindings, call: Call, names: tuple[str, str]) -> ast.stmt:
    """The outermost loop around a call in which the names are not bound, or the call's own statement."""
    scopes = bindings.scopes(call.file)
    bound = {id(binding.node) for name in names for binding in scopes.bindings(name, call.node)}
    statement = scopes.statement(call.node)
    for node in scopes.ancestors(statement):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            break
        if isinstance(node, (ast.For, ast.While)):
            if any(id(each) in bound for each in ast.walk(node)):
                break
            statement = node
    return statement


def _classes(program: Program) -> bool | None:
    """Whether labels are classes, by the loss, the last activation and the metrics; None if they do not tell."""
    elements = find_all(program)
    losses = [str(each.value).removesuffix("(from_logits)") for each in elements if each.kind == "loss"]
    last = {each.value for each in elements if each.kind == "activation" and each.role == "output"}
    metrics = [str(each.value) for each in elements if each.kind == "metric"]
    if losses[:1] in ([], ["None"]):
        return None
    if losses[0] in CLASSIFICATION_LOSSES or last & {"softmax", "log_softmax"}:
        return True
    if any("accuracy" in metric for metric in metrics):
        return True
    # A sigmoid is what classes have and shares of a whole.
    return None if "sigmoid" in last and metrics in ([], ["none"]) else False
