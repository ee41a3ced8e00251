"""Elements of how a Keras program trains: batch size and epochs of `fit`; loss and metrics of `compile`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements.loss import LOGITS_MARK
from netmend.program.places import Edit
from netmend.program.reading import keras_names, spans
from netmend.program.reading.bindings import Bindings, Call, Site
from netmend.program.reading.drafts import Draft
from netmend.program.reading.keras_names import (
    DEFAULT_BATCH_SIZE,
    DEFAULT_EPOCHS,
    LOGITS,
    LOSSES,
    METRIC_STRINGS,
    METRICS,
    in_section,
    loss_key,
    model_class,
)
from netmend.program.reading.keras_outputs import losses_of_outputs
from netmend.program.reading.keras_spelling import sibling, spelled
from netmend.program.reading.keras_structure import Structure
from netmend.program.reading.keras_values import Meaning, absent_draft, number_draft, quoted, replacing

NONE = "none"
"""Value of the metric of a `compile` without metrics."""


def training_drafts(bindings: Bindings, structure: Structure) -> Iterator[Draft]:
    """Loss and metrics of every `compile`, batch size and epochs of every `fit`."""
    compiles = [call for call in bindings.calls if is_compile(bindings, call)]
    fits = fit_calls(bindings, structure)
    used: set[ast.AST] = set()
    for call in bindings.calls:
        if call in compiles:
            for draft in _compile(bindings, structure, call):
                used.add(draft.target.node)
                yield draft
        elif call in fits:
            yield from _fit(bindings, call)
    for call in bindings.calls:
        if in_section(call.name, "losses") in LOSSES.values() and call.node not in used:
            yield _loss(bindings, call.site, call.short)


def fit_calls(bindings: Bindings, structure: Structure, *methods: str) -> tuple[Call, ...]:
    """The calls of `fit`, or of other methods, on a Keras model."""
    receivers = {_receiver(call) for call in bindings.calls if is_compile(bindings, call)}
    return tuple(
        call
        for call in bindings.calls
        if call.method in (methods or ("fit", "fit_generator")) and _is_model(bindings, structure, call, receivers)
    )


def is_compile(bindings: Bindings, call: Call) -> bool:
    """Whether a call is `model.compile(...)`; `re.compile` is not."""
    named = ("optimizer", "loss", "metrics")
    return (
        call.method == "compile"
        and not call.name
        and (bool(call.node.args) or any(bindings.argument(call, each) is not None for each in named))
    )


def _receiver(call: Call) -> str:
    """The object a method is called on, as text that does not depend on spacing."""
    return ast.dump(call.node.func.value) if isinstance(call.node.func, ast.Attribute) else ""


_FIT_ARGUMENTS = frozenset(
    {"epochs", "nb_epoch", "batch_size", "validation_data", "validation_split", "steps_per_epoch"}
)


def _is_model(bindings: Bindings, structure: Structure, call: Call, receivers: set[str]) -> bool:
    """Whether `.fit` is called on a Keras model and not, say, on a scaler."""
    if _receiver(call) in receivers:
        return True
    function = call.node.func
    owner = bindings.follow(Site(call.file, function.value)) if isinstance(function, ast.Attribute) else call.site
    made = bindings.call(owner)
    if made is not None and made.name:
        return bool(model_class(made.name)) or structure.own_model(made.name)
    return any(keyword.arg in _FIT_ARGUMENTS for keyword in call.node.keywords)


# fit


def _fit(bindings: Bindings, call: Call) -> Iterator[Draft]:
    batch = _batch_size(bindings, call)
    if batch is not None:
        yield batch
    name = "nb_epoch" if bindings.argument(call, "nb_epoch") is not None else "epochs"
    index = 3 if call.method == "fit" else 2
    epochs = number_draft(bindings, call, "epochs", name, index, call.method, DEFAULT_EPOCHS, True)
    if epochs is not None:
        yield epochs


def _batch_size(bindings: Bindings, call: Call) -> Draft | None:
    """`batch_size` of `fit`, or of whatever makes the batches if `fit` is given a data set or generator."""
    kind, name = "batch-size", "batch_size"
    if call.method == "fit" and bindings.argument(call, name, 2) is not None:
        return number_draft(bindings, call, kind, name, 2, call.method, DEFAULT_BATCH_SIZE, True)
    data = bindings.argument(call, "x", 0)
    if data is None:
        return None
    source = _batching(bindings, data)
    if source is not None:
        index = 0 if source.method == "batch" else None
        return number_draft(bindings, source, kind, name, index, source.method or source.short, None, True)
    labelled = bindings.argument(call, "y", 1) is not None
    if call.method != "fit" or not labelled or bindings.argument(call, "steps_per_epoch") is not None:
        return None
    return number_draft(bindings, call, kind, name, 2, call.method, DEFAULT_BATCH_SIZE, True)


def _batching(bindings: Bindings, data: Site) -> Call | None:
    """The call that forms batches on the way to some data: `.batch(32)`, `.flow(x, y, batch_size=32)`."""
    current: Site | None = bindings.follow(data)
    while current is not None:
        call = bindings.call(current)
        if call is None:
            break
        if call.method == "batch" or bindings.argument(call, "batch_size") is not None:
            return call
        function = call.node.func
        inner = Site(current.file, function.value) if isinstance(function, ast.Attribute) else None
        current = bindings.follow(inner) if inner is not None else None
    return _assigned_batching(bindings, data)


def _assigned_batching(bindings: Bindings, data: Site) -> Call | None:
    """The only `.batch(...)` in the statements that assign a variable: `train = train.shuffle(9).batch(32)`."""
    if not isinstance(data.node, ast.Name):
        return None
    scopes = bindings.scopes(data.file)
    found = [
        call
        for binding in scopes.bindings(data.node.id, data.node)
        if binding.value is not None
        for node in ast.walk(binding.value)
        if isinstance(node, ast.Call)
        and (call := bindings.call(Site(data.file, node))) is not None
        and call.method == "batch"
    ]
    return found[0] if len(found) == 1 else None


# compile


def _compile(bindings: Bindings, structure: Structure, call: Call) -> Iterator[Draft]:
    given = bindings.argument(call, "loss", 1)
    of = {} if given is None else losses_of_outputs(bindings, given, structure.outputs)
    for use in [] if given is None else _each(bindings, given):
        yield replace(_loss(bindings, use, "compile"), output=of.get(use.node))
    yield from _metrics(bindings, call)


def _metrics(bindings: Bindings, call: Call) -> Iterator[Draft]:
    metrics = bindings.argument(call, "metrics") or bindings.argument(call, "weighted_metrics")
    # Third in `tf.keras` before version 2.16, where Keras 3 has `loss_weights`, and fourth in Keras 3.
    for index in (2, 3):
        given = bindings.argument(call, "", index)
        if metrics is None and given is not None:
            found = [_metric(bindings, use) for use in _each(bindings, given)]
            metrics = given if any(draft.value is not None for draft in found) else None
    listed = partial(_listed_metric, bindings)
    if metrics is not None and (resolved := bindings.resolve(metrics)).known and resolved.value is None:
        yield Draft("metric", metrics, resolved.site, NONE, "compile", replacing(listed))
    elif metrics is not None:
        for use in _each(bindings, metrics):
            yield _metric(bindings, use)
    else:
        absent = absent_draft(bindings, call, "metric", "metrics", NONE, "compile", listed)
        if absent is not None:
            yield absent


def _each(bindings: Bindings, site: Site) -> list[Site]:
    """The entries of a list or dictionary, or the one value."""
    end = bindings.follow(site)
    match end.node:
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return [each for part in parts for each in _each(bindings, Site(end.file, part))]
        case ast.Dict(values=values):
            return [each for value in values for each in _each(bindings, Site(end.file, value))]
    return [site]


def _loss(bindings: Bindings, use: Site, owner: str) -> Draft:
    meaning = Meaning(bindings, use)
    value = loss_value(bindings, meaning)
    write = partial(_write_loss, bindings, meaning.call)
    return Draft("loss", use, meaning.target, value, owner, write, form=meaning.form, local=meaning.call is None)


def loss_value(bindings: Bindings, meaning: Meaning) -> str | None:
    """Canonical loss, with "(from_logits)" if it applies the last activation itself; None if it is unknown."""
    if meaning.known:
        return keras_names.loss(meaning.literal) if isinstance(meaning.literal, str) else None
    name = keras_names.loss(meaning.name)
    if name is None or meaning.call is None:
        return name
    index = None if "focal" in name else 0
    given = bindings.argument(meaning.call, "from_logits", index) if name in LOGITS else None
    logits = False if given is None else bindings.resolve(given).value
    return None if logits is None else name + (LOGITS_MARK if logits else "")


def _write_loss(bindings: Bindings, call: Call | None, at: Site, value: Value) -> tuple[Edit, ...]:
    name = str(value).removesuffix(LOGITS_MARK)
    logits = name != value
    kind = LOSSES.get(loss_key(name))
    if kind is None or (logits and loss_key(name) not in LOGITS):
        raise Unchangeable(f"Keras has no loss {value!r}", where=str(at.place))
    if call is None and not logits:
        text, imports = quoted(at, loss_key(name))
    else:
        dotted = f"keras.losses.{kind}"
        function, imports = (
            spelled(bindings, at, dotted) if call is None else sibling(bindings, Site(at.file, call.node.func), dotted)
        )
        text = f"{function}({'from_logits=True' if logits else ''})"
    return (*imports, spans.replace(at, text))


def _metric(bindings: Bindings, use: Site) -> Draft:
    meaning = Meaning(bindings, use)
    value = (
        keras_names.metric(meaning.literal if isinstance(meaning.literal, str) else "")
        if meaning.known
        else keras_names.metric(meaning.name)
    )
    write = replacing(partial(_spelled_metric, bindings))
    return Draft("metric", use, meaning.target, value, "compile", write, form=meaning.form)


def _listed_metric(bindings: Bindings, at: Site, value: Value) -> tuple[str, tuple[Edit, ...]]:
    text, imports = _spelled_metric(bindings, at, value)
    return f"[{text}]", imports


def _spelled_metric(bindings: Bindings, at: Site, value: Value) -> tuple[str, tuple[Edit, ...]]:
    name = str(value)
    if name in METRIC_STRINGS or keras_names.loss(name) == name:
        return quoted(at, loss_key(name))
    if name not in METRICS:
        raise Unchangeable(f"Keras has no metric {value!r}", where=str(at.place))
    function, imports = spelled(bindings, at, f"keras.metrics.{METRICS[name]}")
    return f"{function}()", imports
