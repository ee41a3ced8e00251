"""The channel gives back what was written, and damage gives nothing rather than something wrong."""

import hashlib
import json
import math
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmend.training import channel
from netmend.training.channel import Damage

NONCE = "5ca1ab1e"
START = {"event": "start", "schema": channel.SCHEMA, "seed": 7}
END = {"event": "end", "status": "finished"}
STATS = {"dtype": "float32", "shape": [8, 8], "rows": 90, "minimum": 0, "maximum": 1.0, "mean": 0.5, "std": 0.25}
MODEL = {
    "event": "model",
    "model": "keras 1",
    "framework": "keras",
    "layers": [{"name": "dense", "kind": "Dense", "units": 3, "role": "output", "of a later version": 1}],
    "parameters": 12,
    "loss": "mean_squared_error",
    "optimiser": "sgd",
    "learning_rate": 0.1,
}


def epoch(number: int, loss: float, model: str = "keras 1", updates: int = 5) -> dict[str, object]:
    return {"event": "epoch", "model": model, "number": number, "values": {"loss": loss}, "updates": updates}


EVENTS = [
    START,
    {"event": "probe", "framework": "keras", "backend": "jax", "seed": 7, "versions": {"keras": "3.15"}},
    MODEL,
    {"event": "training", "model": "keras 1", "updates": 0, "batch_size": 18, "epochs_planned": 2, "shuffled": True},
    {"event": "data", "model": "keras 1", "role": "inputs", "stats": STATS},
    {"event": "layer-stats", "model": "keras 1", "epoch": 0, "layers": [{"layer": "dense", "weight_norm": 2.0}]},
    epoch(1, 0.5),
    {"event": "warning", "text": "a warning"},
    epoch(2, math.inf),
    {"event": "layer-stats", "model": "keras 1", "epoch": 2, "layers": [{"layer": "dense", "weight_norm": 3.0}]},
    {"event": "training", "model": "keras 1", "updates": 10, "batch_size": 18, "epochs_planned": 2, "shuffled": True},
    END,
]


def written(folder: Path, events: list[dict[str, object]], nonce: str = NONCE) -> Path:
    (folder / channel.FILE).write_text("".join(channel.line(event, nonce) for event in events))
    return folder


def test_a_trace_holds_what_was_written(tmp_path: Path) -> None:
    trace = channel.read(written(tmp_path, EVENTS), NONCE)
    assert trace is not None
    assert (trace.framework, trace.backend, trace.seed, trace.versions) == ("keras", "jax", 7, {"keras": "3.15"})
    assert (trace.loss, trace.optimiser, trace.learning_rate) == ("mean_squared_error", "sgd", 0.1)
    assert (trace.updates, trace.batch_size, trace.epochs_planned, trace.shuffled) == (10, 18, 2, True)
    assert trace.series("loss") == (0.5, math.inf)
    assert [(layer.name, layer.kind, layer.units, layer.role) for layer in trace.layers] == [
        ("dense", "Dense", 3, "output")
    ]
    assert [(stat.layer, stat.epoch, stat.weight_norm) for stat in trace.stats] == [("dense", 0, 2), ("dense", 2, 3)]
    assert trace.inputs is not None and trace.inputs.shape == (8, 8) and trace.inputs.std == 0.25
    assert trace.warnings == ("a warning",)
    assert trace.evaluation is None and channel.events(tmp_path, NONCE).damage is None


def test_classes_with_their_shares_and_weights_are_read(tmp_path: Path) -> None:
    labels = {**STATS, "shape": [], "classes": [0, 2], "shares": [0.75, 0.25]}
    weighed = {"event": "training", "model": "keras 1", "updates": 10, "class_weights": {"0": 1, "2": 3.5}}
    counted = {"event": "data", "model": "keras 1", "role": "labels", "stats": labels}
    trace = channel.read(written(tmp_path, [*EVENTS[:-1], counted, weighed, END]), NONCE)
    assert trace is not None and trace.labels is not None
    assert (trace.labels.classes, trace.labels.shares) == ((0, 2), (0.75, 0.25))
    assert trace.class_weights == {"0": 1.0, "2": 3.5}
    assert channel.read(written(tmp_path, EVENTS), NONCE).class_weights == {}  # type: ignore[union-attr]


def test_a_line_is_checksummed_as_documented() -> None:
    crc, rest = channel.line(epoch(1, math.nan), NONCE).rstrip("\n").split(" ", 1)
    assert int(crc, 16) == zlib.crc32(rest.encode())
    nonce, body = rest.split(" ", 1)
    assert nonce == NONCE and math.isnan(json.loads(body)["values"]["loss"])


@pytest.mark.parametrize("duplicated", range(1, len(EVENTS)))
def test_a_line_read_twice_changes_nothing(tmp_path: Path, duplicated: int) -> None:
    once = channel.read(written(tmp_path, EVENTS), NONCE)
    twice = [*EVENTS[:duplicated], EVENTS[duplicated], *EVENTS[duplicated:]]
    assert channel.read(written(tmp_path, twice), NONCE) == once


def test_lines_of_another_run_are_passed_over(tmp_path: Path) -> None:
    once = repr(channel.read(written(tmp_path, EVENTS), NONCE))
    stale = channel.line(epoch(3, 9.0), "0ther")
    lines = (tmp_path / channel.FILE).read_text().splitlines(keepends=True)
    (tmp_path / channel.FILE).write_text("".join(stale + line for line in lines))
    assert repr(channel.read(tmp_path, NONCE)) == once
    assert channel.read(tmp_path, "n0n3") is None
    assert channel.events(tmp_path, "n0n3").damage is Damage.NO_START


def test_a_file_cut_anywhere_gives_the_trace_of_its_whole_lines(tmp_path: Path) -> None:
    data = (written(tmp_path, EVENTS) / channel.FILE).read_bytes()
    for cut in range(0, len(data), 7):
        whole = data[:cut].count(b"\n")
        expected = repr(channel.read(written(tmp_path, EVENTS[:whole]), NONCE))
        (tmp_path / channel.FILE).write_bytes(data[:cut])
        assert repr(channel.read(tmp_path, NONCE)) == expected
        assert channel.events(tmp_path, NONCE).damage is not None


@settings(max_examples=200, deadline=None)
@given(position=st.integers(0, 10**6), value=st.integers(0, 255))
def test_a_changed_byte_never_gives_wrong_values(
    tmp_path_factory: pytest.TempPathFactory, position: int, value: int
) -> None:
    folder = tmp_path_factory.getbasetemp()
    right = {repr(channel.read(written(folder, EVENTS[:end]), NONCE)) for end in (len(EVENTS) - 1, len(EVENTS))}
    data = bytearray((written(folder, EVENTS) / channel.FILE).read_bytes())
    data[position % len(data)] = value
    (folder / channel.FILE).write_bytes(bytes(data))
    assert repr(channel.read(folder, NONCE)) in {*right, "None"}


@settings(max_examples=100, deadline=None)
@given(noise=st.binary(max_size=300), whole=st.integers(0, len(EVENTS) - 1))
def test_random_bytes_after_whole_lines_add_nothing(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, whole: int
) -> None:
    folder = tmp_path_factory.getbasetemp()
    expected = repr(channel.read(written(folder, EVENTS[:whole]), NONCE))
    with (folder / channel.FILE).open("ab") as file:
        file.write(noise)
    assert repr(channel.read(folder, NONCE)) in {expected, "None"}


def test_a_damaged_line_in_the_middle_makes_the_channel_unusable(tmp_path: Path) -> None:
    lines = (written(tmp_path, EVENTS) / channel.FILE).read_text().splitlines(keepends=True)
    lines[4] = lines[4].replace("rows", "rowz")
    (tmp_path / channel.FILE).write_text("".join(lines))
    assert channel.read(tmp_path, NONCE) is None
    found = channel.events(tmp_path, NONCE)
    assert (found.damage, found.whole, len(found.events)) == (Damage.BAD_LINE, False, 4)


def test_a_missing_file_and_a_run_without_training_have_no_trace(tmp_path: Path) -> None:
    assert channel.read(tmp_path, NONCE) is None
    assert channel.events(tmp_path, NONCE).damage is Damage.MISSING
    assert channel.read(written(tmp_path, [START, END]), NONCE) is None
    assert channel.events(tmp_path, NONCE).damage is None


@pytest.mark.parametrize(
    "event",
    [
        {"event": "epoch", "model": "keras 1"},
        {"event": "epoch", "model": "keras 1", "number": "first", "values": {}},
        {"event": "data", "model": "keras 1", "role": ["inputs"], "stats": {}},
        {"event": "data", "model": "keras 1", "role": "inputs", "stats": {"dtype": "float32"}},
        {"event": "training", "model": "keras 1", "updates": math.inf},
    ],
)
def test_an_event_that_breaks_the_vocabulary_gives_no_trace(tmp_path: Path, event: dict[str, object]) -> None:
    assert channel.read(written(tmp_path, [*EVENTS[:-1], event, END]), NONCE) is None


def test_the_model_with_most_updates_is_described(tmp_path: Path) -> None:
    other = {**MODEL, "model": "keras 2", "optimiser": "adam"}
    idle = {**MODEL, "model": "keras 3"}
    events = [*EVENTS[:-1], other, idle, epoch(1, 0.1, "keras 2", updates=11), END]
    trace = channel.read(written(tmp_path, events), NONCE)
    assert trace is not None
    assert (trace.optimiser, trace.updates, trace.models_trained) == ("adam", 11, 2)
    assert trace.series("loss") == (0.1,)
    assert "trains 2 models" in trace.warnings[-1]
    assert trace.warnings[-1].endswith("its optimiser is adam.")


def test_a_probe_error_becomes_a_warning(tmp_path: Path) -> None:
    error = {"event": "probe-error", "where": "reading an epoch", "error": "KeyError: 'loss'"}
    trace = channel.read(written(tmp_path, [*EVENTS, error]), NONCE)
    assert trace is not None
    assert trace.warnings == (
        "a warning",
        "Something was not observed, because the probe failed while reading an epoch: KeyError: 'loss'",
    )


def test_predictions_are_used_only_if_their_file_is_the_one_written(tmp_path: Path) -> None:
    file = tmp_path / "evaluation.npz"
    file.write_bytes(b"predictions")
    digest = hashlib.sha256(b"predictions").hexdigest()
    missing = {"event": "no-evaluation", "model": "keras 1", "reason": "None.", "arrays": True}
    event = {"event": "evaluation", "model": "keras 1", "origin": "evaluate", "file": file.name, "rows": 4}
    written(tmp_path, [*EVENTS, missing, {**event, "sha256": digest, "logits": True}])
    trace = channel.read(tmp_path, NONCE)
    assert trace is not None and trace.evaluation is not None
    assert (trace.evaluation.file, trace.evaluation.rows, trace.evaluation.logits) == (file, 4, True)
    assert trace.no_evaluation == ""
    file.write_bytes(b"predictionz")
    damaged = channel.read(tmp_path, NONCE)
    assert damaged is not None and damaged.evaluation is None
    assert any("evaluation.npz" in warning for warning in damaged.warnings)
    assert (damaged.no_evaluation, damaged.can_hold_out) == ("None.", True)
