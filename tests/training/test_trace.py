"""A trace gives its series, and distinguishes what was not measured from zero."""

import math
from dataclasses import fields

from netmend.training.trace import Crash, Epoch, LayerStats, RunEnd, Trace


def test_a_series_holds_one_value_an_epoch_and_leaves_out_epochs_without_it():
    epochs = (Epoch(1, {"loss": 2.0}), Epoch(2, {"loss": 1.0, "val_loss": 1.5}), Epoch(3, {"loss": math.inf}))
    trace = Trace("keras", "jax", 1, epochs=epochs)
    assert trace.series("loss") == (2.0, 1.0, math.inf)
    assert trace.series("val_loss") == (1.5,)
    assert trace.series("accuracy") == ()


def test_what_was_not_measured_of_a_layer_is_nan_and_never_zero():
    stats = LayerStats("dense", 1)
    numbers = [getattr(stats, field.name) for field in fields(stats) if field.type == "float"]
    assert len(numbers) >= 10 and all(math.isnan(number) for number in numbers)


def test_ends_of_runs_read_as_words_in_a_sentence():
    assert [str(end) for end in RunEnd] == [end.name.lower().replace("_", " ") for end in RunEnd]


def test_the_change_that_mends_a_crash_is_told_in_words():
    assert Crash("it died", "batch-size", value=32).change == "with batch-size 32"
    assert Crash("it died", "flattening", value="flatten", owner="Linear 1").change == (
        "with the input of Linear 1 flattened"
    )
    assert Crash("it died", "layer", value=None, owner="BatchNorm1d 2").change == "without BatchNorm1d 2"
