import math

import numpy as np
import pytest

from netmend.core.errors import Unchangeable
from netmend.program.elements._find import find_all
from netmend.program.sequence.read import sequence_of
from netmend.program.source import Program
from netmend.repairs.program.infill import counts
from netmend.repairs.program.infill._structure import AT_FAULT, restructured
from netmend.repairs.program.space import Space

KERAS = """
import keras
from keras import layers
model = keras.Sequential([
    keras.Input((28, 28, 1)),
    layers.Conv2D(8, 3, activation="relu"),
    layers.MaxPooling2D(),
    layers.Flatten(),
    layers.Dense(32, activation="relu"),
    layers.Dense(10, activation="softmax"),
])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
model.fit(x, y, epochs=3)
"""
TORCH = """
import torch
from torch import nn
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1352, 10))
optimiser = torch.optim.Adam(model.parameters())
for epoch in range(3):
    optimiser.zero_grad()
    nn.CrossEntropyLoss()(model(x), y).backward()
    optimiser.step()
"""


def read(text):
    program = Program.from_text(text)
    return program, sequence_of(program), find_all(program)


@pytest.mark.parametrize("text", [KERAS, TORCH])
def test_a_changed_sequence_has_the_layers_that_the_changed_program_is_read_with(text):
    program, sequence, elements = read(text)
    space, compared = Space(program, elements), 0
    for each in restructured(counts.read(), sequence, elements):
        try:
            patched = space.patch(each.assignment).patched_program()
        except Unchangeable:
            continue
        again = sequence_of(patched)
        layers = [again.tokens[at].value for at in again.positions("layer")]
        assert [each.sequence.tokens[at].value for at in each.sequence.positions("layer")] == layers, each.what
        compared += 1
    assert compared >= 3


def test_what_was_put_out_of_place_is_worth_undoing():
    """A dropout in place of the flattening makes the program odd; flattening there again is the best change."""
    wrong = KERAS.replace("layers.Flatten()", "layers.Dropout(0.5)")
    _, sequence, elements = read(wrong)
    best = max(restructured(counts.read(), sequence, elements), key=lambda each: each.gain)
    assert best.what.startswith("Flatten in place of")
    assert best.gain > 0
    _, sequence, elements = read(KERAS)
    assert max(each.gain for each in restructured(counts.read(), sequence, elements)) < best.gain


def test_the_gain_is_the_difference_of_what_the_layers_around_are_worth():
    class Even:
        def log_probabilities(self, sequence, position, candidates):
            return np.full(len(candidates), math.log(0.25))

    _, sequence, elements = read(KERAS)
    found = {each.what: each for each in restructured(Even(), sequence, elements)}
    assert found["without Dense 4"].gain == pytest.approx(-math.log(0.25) - AT_FAULT)  # one layer less
    assert found["BatchNormalization behind Dense 4"].gain == pytest.approx(math.log(0.25) - AT_FAULT)  # one more
    assert found["Dropout in place of Dense 4"].gain == pytest.approx(-AT_FAULT)


def test_what_a_new_layer_is_told_is_what_layers_before_it_have_if_the_scorer_is_silent():
    _, sequence, elements = read(KERAS)
    found = {each.what: each for each in restructured(counts.read(), sequence, elements)}
    ids = {element.owner: element.id for element in elements if element.kind == "layer"}
    assert found["Conv2D in place of MaxPooling2D 2"].assignment == {
        ids["MaxPooling2D 2"]: "keras.layers.Conv2D(filters=8, kernel_size=3, activation='relu')"
    }
    assert found["Dropout in place of Dense 4"].assignment == {ids["Dense 4"]: "keras.layers.Dropout(rate=0.5)"}


def test_a_module_of_pytorch_is_replaced_by_one_that_takes_its_arguments():
    _, sequence, elements = read(TORCH)
    found = {each.what: each for each in restructured(counts.read(), sequence, elements)}
    assert list(found["AvgPool2d in place of MaxPool2d 3"].assignment.values()) == ["nn.AvgPool2d(2)"]
    assert not any(what.startswith("without Conv2d") for what in found)
