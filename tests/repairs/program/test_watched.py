"""Which elements what a run shows may be about, where a program trains several models."""

import math

import pytest

from netmend.program.blame import Blame
from netmend.program.elements._find import find_all
from netmend.program.source import Program
from netmend.repairs.program.localise import localise
from netmend.repairs.program.watched import of_watched
from netmend.training.symptoms._base import Reading
from netmend.training.symptoms._examples import healthy, layer

PRETRAINED = """\
import keras
from keras import layers

inputs = keras.Input((64,))
code = layers.Dense(32, activation="relu")(inputs)
auto = keras.Model(inputs, layers.Dense(64, activation="sigmoid")(code))
auto.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
auto.fit(x, x, epochs=10, batch_size=16)
model = keras.Model(inputs, layers.Dense(10, activation="relu")(code))
model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
model.fit(x, y, epochs=20, batch_size=32)
"""
ELEMENTS = find_all(Program.from_text(PRETRAINED))
LAYERS = (layer("dense", "relu", 32, 2080), layer("dense_1", "relu", 10, 330, "output"))
FINE_TUNED = healthy(
    models_trained=2, layers=LAYERS, outputs=None, epochs_planned=20, optimiser="sgd", learning_rate=0.01
)


def lines(elements, kind, role=""):
    return [element.place.line for element in elements if element.kind == kind and role in ("", element.role)]


@pytest.mark.parametrize("kind", ["loss", "optimiser", "epochs", "batch-size"])
def test_what_reads_otherwise_than_the_run_tells_is_of_another_model(kind):
    assert len(lines(ELEMENTS, kind)) == 2
    (line,) = lines(of_watched(ELEMENTS, FINE_TUNED), kind)
    assert line > 8


@pytest.mark.parametrize("kind", ["units", "activation"])
def test_of_outputs_the_one_that_fits_is_left_and_hidden_layers_all_are(kind):
    left = of_watched(ELEMENTS, FINE_TUNED)
    assert lines(left, kind, "output") == [9]
    assert lines(left, kind, "input") == [5]


def test_what_nothing_tells_apart_is_left():
    assert len(lines(of_watched(ELEMENTS, FINE_TUNED), "learning-rate")) == 2  # both 0.01
    unknown = healthy(
        models_trained=2, loss="custom", optimiser="custom", learning_rate=math.nan, epochs_planned=0, batch_size=0,
        layers=(), outputs=None,
    )  # fmt: skip
    assert of_watched(ELEMENTS, unknown) == ELEMENTS


def test_where_nothing_fits_what_is_told_nothing_is_left_out():
    told = healthy(models_trained=2, loss="hinge", optimiser="lion", epochs_planned=7, batch_size=8, layers=())
    left = of_watched(ELEMENTS, told)
    assert all(lines(left, kind) == lines(ELEMENTS, kind) for kind in ("loss", "optimiser", "epochs", "batch-size"))


@pytest.mark.parametrize("trace", [None, healthy()])
def test_of_a_single_model_every_element_is_left(trace):
    assert of_watched(ELEMENTS, trace) == ELEMENTS


def test_a_symptom_points_to_the_output_of_the_model_that_is_watched():
    reading = Reading(1.0, "output", "relu", (Blame("activation", 0.95, role="output", layer=1),))
    _, suspicions = localise(ELEMENTS, (), ((("symptom", reading),),), {}, watched=FINE_TUNED)
    assert [each.element.place.line for each in suspicions if each.findings] == [9]
