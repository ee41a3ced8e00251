"""The file through which a probe tells what it saw, and how it is read back as a `Trace`.

A run appends one line per event to `events.jsonl` in its result folder; files with arrays lie beside it::

    <crc32 of the rest, 8 hex digits> <nonce> <compact JSON object>\\n

The checksum covers everything after the first space up to the line end: nonce, space and JSON, as UTF-8. The nonce is
new for every run, so lines of another run are never taken for this one's. JSON is what Python's `json.dumps` writes
with `separators=(",", ":")`; non-finite numbers stand as `NaN`, `Infinity`, `-Infinity`.

Every event is idempotent: it has a key, a later event replaces an earlier one with the same key, and so a line that
is read twice changes nothing. Unknown events and unknown fields are ignored; fields marked * must be there.
`model` is a text that tells the models of one run apart ("keras 1", "torch 1"); numbers are counted from 1.

========== ======================================================================================================
event       fields
========== ======================================================================================================
start       `schema`: version of this vocabulary, now 1. Written by the launcher, always first.
probe       *`framework`: "keras" or "torch"; `backend`; `seed`; `versions`: object, name to text.
            Written when a probe is installed; key: framework.
model       *`model`, *`framework`; `layers`: list of objects with the fields of `LayerInfo`; `parameters`; `loss`;
            `loss_from_logits`; `optimiser`; `learning_rate`: at the start of training. Written when its training
            begins and again if it changes; key: model.
data        *`model`, *`role`: "inputs", "labels", "eval_inputs", "eval_labels" or "outputs"; *`stats`: object with the
            fields of `ArrayStats`. Key: model and role.
layer-stats *`model`, *`epoch`: epochs finished, 0 before training; `layers`: list of objects with the fields of
            `LayerStats` (without `epoch`); `skipped`: why there are none, "" if there are. Key: model and epoch.
epoch       *`model`, *`number`: from 1, counted over all fits of the model, after `initial_epoch`; *`values`: object,
            name to number; `learning_rate`: in force at its end; `updates`: of this epoch alone; `seconds`: of this
            epoch, with the probe's own time taken out. Key: model and number.
training    *`model`; `updates`: so far; `batch_size`; `epochs_planned`: in all; `shuffled`: true, false or null;
            `class_weights`: object, class to weight, if `fit` is given any; `train_seconds`; `probe_seconds`: so far.
            Written when training begins (0 updates) and at its end; key: model.
evaluation  *`model`, *`origin`: see `Evaluation`; *`file`: name of an npz in the result folder with `y_true`, `y_pred`,
            `row_hash` and, unless every label counts, `counted` (in the shape of `y_true`); *`sha256` of that file,
            hexadecimal; *`rows`; `logits`. Key: model.
no-evaluation  *`model`, *`reason`: one sentence; `arrays`: the training data are arrays, so that a run that withholds
            rows can be evaluated. Key: model; an `evaluation` of the same model overrules it.
checkpoint  *`model`, *`path`, `epochs`: epochs finished. Key: model. For people; not part of a trace.
warning     *`text`: one sentence for the user. Key: text.
probe-error *`where`: what the probe was doing, *`error`: exception class and message. Becomes a warning.
built       nothing more: the first update was reached and not made. Ends the channel of a build check.
variant     *`number`: of the variants in a build check, *`outcome`: what its guard reported.
unshareable *`statements`: how many statements of a script all variants may share, *`reason`: what the next one did.
lane        *`number`: from 0, *`losses`: of each epoch, and the fields of `evaluation` but `model`.
lanes       *`seconds`: of each part of the work, object, name to number. Written once all lanes were told of.
lanes-unsuitable  *`reason`: why the program cannot be trained in lanes, a clause about it.
end         anything. Written by the launcher, always last; without it the run was cut off.
========== ======================================================================================================

The model with most updates is described; the others are only counted.
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from netmend.training.trace import ArrayStats, Epoch, Evaluation, LayerInfo, LayerStats, Trace

SCHEMA = 1
FILE = "events.jsonl"

Event = Mapping[str, Any]
T = TypeVar("T")


class Damage(StrEnum):
    """What is wrong with a channel. The last two are what a killed run leaves; what came before is whole."""

    MISSING = "no event file"
    NO_START = "the first event is not a start of this vocabulary's version"
    BAD_LINE = "a line in the middle does not match its checksum or is not an event"
    TORN_TAIL = "the last line is incomplete"
    NO_END = "the last event is not an end"


@dataclass(frozen=True, slots=True)
class Channel:
    """The events of one run that can be believed, and what was wrong with the rest; None if nothing was."""

    events: tuple[Event, ...]
    damage: Damage | None = None

    @property
    def whole(self) -> bool:
        """Nothing is missing before the last event."""
        return self.damage in (None, Damage.TORN_TAIL, Damage.NO_END)


def line(event: Event, nonce: str) -> str:
    """One event as the channel holds it, line end included."""
    rest = f"{nonce} {json.dumps(event, separators=(',', ':'))}"
    return f"{zlib.crc32(rest.encode()):08x} {rest}\n"


def events(folder: Path, nonce: str) -> Channel:
    """The believable events in a result folder, in order. Never raises.

    Whole lines with another nonce are passed over: they belong to another run. A line that fails its checksum ends
    the reading, because nothing tells how much is lost there.
    """
    try:
        data = (folder / FILE).read_bytes()
    except OSError:
        return Channel((), Damage.MISSING)
    *lines, tail = data.split(b"\n")
    found: list[Event] = []
    torn = bool(tail)
    for number, text in enumerate(lines):
        event = _event(text)
        if event is None:
            torn = number == len(lines) - 1 and not tail
            if not torn:
                return Channel(tuple(found), Damage.BAD_LINE)
        elif event[0] == nonce:
            found.append(event[1])
    if not found or found[0]["event"] != "start" or found[0].get("schema") != SCHEMA:
        return Channel((), Damage.NO_START)
    if torn:
        return Channel(tuple(found), Damage.TORN_TAIL)
    return Channel(tuple(found), None if found[-1]["event"] == "end" else Damage.NO_END)


def read(folder: Path, nonce: str) -> Trace | None:
    """The trace of a run, or None if nothing was trained or the channel is damaged. Never raises.

    A run that was cut off gives the trace of what it did until then.

    Args:
        folder: the result folder. nonce: the one this run was given.
    """
    channel = events(folder, nonce)
    if not channel.whole:
        return None
    try:
        return _trace(channel.events, folder)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def _event(text: bytes) -> tuple[str, Event] | None:
    """Nonce and event of one line; None if it is damaged."""
    crc, _, rest = text.partition(b" ")
    if crc != b"%08x" % zlib.crc32(rest):
        return None
    try:
        nonce, _, body = rest.decode().partition(" ")
        event = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return (nonce, event) if isinstance(event, dict) and isinstance(event.get("event"), str) else None


def _trace(found: tuple[Event, ...], folder: Path) -> Trace | None:
    latest = _latest(found)
    updates = {name: _updates(latest, name) for name in _names(latest, "model")}
    trained = {name: count for name, count in updates.items() if count > 0}
    if not trained:
        return None
    name = max(trained, key=trained.__getitem__)  # the first of equals
    model, training = latest["model", name, None], latest.get(("training", name, None), {})
    probe = latest.get(("probe", None, model["framework"]), {})
    epochs = tuple(_epoch(event) for event in _of(latest, "epoch", name))
    data = {event["role"]: _value(ArrayStats, event["stats"]) for event in _of(latest, "data", name)}
    evaluation, warnings = _evaluation(latest.get(("evaluation", name, None)), folder)
    missing = latest.get(("no-evaluation", name, None), {}) if evaluation is None else {}
    warnings += [str(event["text"]) for key, event in latest.items() if key[0] == "warning"]
    warnings += _of_several(len(trained), model) if len(trained) > 1 else []
    warnings += [
        f"Something was not observed, because the probe failed while {event['where']}: {event['error']}"
        for key, event in latest.items()
        if key[0] == "probe-error"
    ]
    return Trace(
        framework=str(model["framework"]),
        backend=str(probe.get("backend", model["framework"])),
        seed=int(probe.get("seed", 0)),
        loss=str(model.get("loss", "custom")),
        loss_from_logits=bool(model.get("loss_from_logits", False)),
        optimiser=str(model.get("optimiser", "custom")),
        learning_rate=_float(model.get("learning_rate")),
        batch_size=int(training.get("batch_size", 0)),
        compared=tuple(tuple(int(size) for size in shape) for shape in model.get("compared", ())),
        updates=trained[name],
        epochs_planned=int(training.get("epochs_planned", 0)),
        shuffled=None if training.get("shuffled") is None else bool(training["shuffled"]),
        parameters=int(model.get("parameters", 0)),
        inputs=data.get("inputs"),
        labels=data.get("labels"),
        eval_inputs=data.get("eval_inputs"),
        eval_labels=data.get("eval_labels"),
        outputs=data.get("outputs"),
        layers=tuple(_value(LayerInfo, layer) for layer in model.get("layers", ())),
        stats=tuple(
            _value(LayerStats, {**layer, "epoch": event["epoch"]})
            for event in sorted(_of(latest, "layer-stats", name), key=lambda event: int(event["epoch"]))
            for layer in event.get("layers", ())
        ),
        epochs=tuple(sorted(epochs, key=lambda epoch: epoch.number)),
        evaluation=evaluation,
        train_seconds=float(training.get("train_seconds", 0.0)),
        probe_seconds=float(training.get("probe_seconds", 0.0)),
        models_trained=len(trained),
        warnings=tuple(warnings),
        versions={str(key): str(value) for key, value in dict(probe.get("versions", {})).items()},
        no_evaluation=str(missing.get("reason", "")),
        can_hold_out=bool(missing.get("arrays", False)),
        class_weights={str(key): _float(value) for key, value in dict(training.get("class_weights", {})).items()},
    )


def _of_several(count: int, model: Event) -> list[str]:
    """What tells the model that is described from the others that the program trains, a sentence."""
    outputs = [layer for layer in model.get("layers", ()) if layer.get("role") == "output" and layer.get("units")]
    output = [f"its output has {outputs[-1]['units']} units"] if outputs else []
    marks = output + [
        f"its {name} is {model[name]}" for name in ("loss", "optimiser") if model.get(name, "custom") != "custom"
    ]
    said = f": {', '.join(marks)}" if marks else ""
    return [f"The program trains {count} models; the report is on the one with most updates of its weights{said}."]


Key = tuple[str, str | None, Any]
_KEYS: dict[str, str | None] = {  # event: the field that, beside the model, tells two events of its kind apart
    "probe": "framework",
    "model": None,
    "data": "role",
    "layer-stats": "epoch",
    "epoch": "number",
    "training": None,
    "evaluation": None,
    "no-evaluation": None,
    "warning": "text",
    "probe-error": "error",
}


def _latest(found: tuple[Event, ...]) -> dict[Key, Event]:
    latest: dict[Key, Event] = {}
    for event in found:
        kind = event["event"]
        if kind in _KEYS:
            field = _KEYS[kind]
            latest[kind, event.get("model"), event[field] if field else None] = event
    return latest


def _of(latest: Mapping[Key, Event], kind: str, model: str) -> list[Event]:
    return [event for key, event in latest.items() if key[:2] == (kind, model)]


def _names(latest: Mapping[Key, Event], kind: str) -> list[str]:
    return [str(key[1]) for key in latest if key[0] == kind]


def _updates(latest: Mapping[Key, Event], model: str) -> int:
    """Optimiser steps; a run cut off before its last `training` event has only its epochs to count."""
    training = latest.get(("training", model, None), {})
    return max(int(training.get("updates", 0)), sum(_epoch(event).updates for event in _of(latest, "epoch", model)))


def _epoch(event: Event) -> Epoch:
    return _value(Epoch, {**event, "values": {str(name): _float(value) for name, value in event["values"].items()}})


def _evaluation(event: Event | None, folder: Path) -> tuple[Evaluation | None, list[str]]:
    """The evaluation, if its file is the one the probe wrote; else why it cannot be used."""
    if event is None:
        return None, []
    file = folder / Path(str(event["file"])).name
    try:
        intact = hashlib.sha256(file.read_bytes()).hexdigest() == event["sha256"]
    except OSError:
        intact = False
    if not intact:
        return None, [f"The predictions in {file.name} are missing or damaged and were not used."]
    return Evaluation(str(event["origin"]), file, int(event["rows"]), bool(event.get("logits", False))), []


def _float(value: Any) -> float:
    return math.nan if value is None else float(value)


_READ: dict[str, Callable[[Any], Any]] = {
    "int": int,
    "float": _float,
    "bool": bool,
    "str": str,
    "tuple[int, ...]": lambda value: tuple(int(item) for item in value),
    "tuple[float, ...]": lambda value: tuple(_float(item) for item in value),
    "dict[str, float]": dict,
}


def _value(kind: type[T], given: Mapping[str, Any]) -> T:
    """A value of the trace from a JSON object; fields it does not know are left out."""
    known = {field.name: _READ[str(field.type)] for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: known[name](value) for name, value in given.items() if name in known})
