"""What is read and written is compared with what Keras makes of the program."""

import os
import re

import numpy as np
import pytest

from netmend.core.errors import Unchangeable
from netmend.program.elements._find import values_of
from netmend.program.reading import keras as reading
from netmend.program.reading.keras_names import initialiser
from netmend.program.source import Program

pytestmark = pytest.mark.keras
with pytest.MonkeyPatch.context() as environment:  # for the import alone: other tests start programs that choose
    environment.setenv("KERAS_BACKEND", os.environ.get("KERAS_BACKEND", "torch"))
    keras = pytest.importorskip("keras")

PROGRAM = """\
import keras
from keras import layers
from keras.layers import Dense

model = keras.Sequential([
    keras.Input((6,)),
    Dense(5, "relu", kernel_regularizer="l2"),
    layers.Dropout(0.5),
    layers.Dense(4, kernel_initializer=keras.initializers.HeNormal()),
    layers.ReLU(),
    layers.Dense(3, activation=keras.activations.softmax),
])
model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(None, None, epochs=2)
"""
OBJECTS = (
    PROGRAM.replace('"sgd"', "keras.optimizers.SGD(0.5, momentum=0.9)")
    .replace('"sparse_categorical_crossentropy"', "keras.losses.CategoricalCrossentropy(from_logits=True)")
    .replace("epochs=2", "64, 2")
)


READ = {
    "layer", "units", "initialiser", "regulariser", "activation", "dropout-rate", "loss", "optimiser", "learning-rate",
    "batch-size", "epochs",
}  # fmt: skip
# Their change makes a model that trains no more: the dummy model here has no data to be prepared.
NOT_HERE = {"metric", "input-scaling", "label-form", "class-weight"}


def facts(text):
    """What Keras knows about the model of a program after running it, but for training."""
    fitted = {}

    def fit(self, x, y, batch_size=None, epochs=1, **others):
        fitted.update({"batch-size": batch_size or 32, "epochs": epochs})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Model, "fit", fit)
        for kind in vars(keras.initializers).values():  # the weights do not matter, and drawing them is slow
            if isinstance(kind, type):
                patch.setattr(kind, "__call__", lambda self, shape, dtype=None: np.zeros(shape, dtype))
        space = {}
        exec(compile(text, "train.py", "exec"), space)
    model = space["model"]
    found = []
    for number, layer in enumerate(model.layers):
        found.append(("layer", number, type(layer).__name__))
        if isinstance(layer, keras.layers.Dense):
            penalty = layer.kernel_regularizer
            found += [
                ("units", number, layer.units),
                ("initialiser", number, initialiser(type(layer.kernel_initializer).__name__)),
                ("regulariser", number, "none" if penalty is None else _shown(penalty)),
            ]
        kinds = {"ReLU": "relu", "Softmax": "softmax"}
        function = getattr(layer, "activation", None)
        name = kinds.get(type(layer).__name__, getattr(function, "__name__", None))
        if name and name != "linear":
            found.append(("activation", number, name))
        if hasattr(layer, "rate"):
            found.append(("dropout-rate", number, layer.rate))
    loss = keras.losses.get(model.loss)
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", getattr(loss, "__name__", type(loss).__name__)).lower()
    name = "kullback_leibler_divergence" if name in ("kl_divergence", "kldivergence") else name
    logits = isinstance(loss, keras.losses.Loss) and loss.get_config().get("from_logits")
    optimiser = model.optimizer
    rate = float(optimiser.get_config()["learning_rate"])
    found += [
        ("loss", None, name + ("(from_logits)" if logits else "")),
        ("optimiser", None, type(optimiser).__name__.lower()),
        ("learning-rate", None, pytest.approx(rate)),
        *((kind, None, value) for kind, value in fitted.items()),
    ]
    return found


def _shown(penalty):
    factors = [(name, float(getattr(penalty, name, 0))) for name in ("l1", "l2")]
    used = [(name, factor) for name, factor in factors if factor]
    return f"{'_'.join(name for name, _ in used)}({', '.join(f'{factor:.6g}' for _, factor in used)})"


def read(text):
    """What is read, but for metrics and for activations that do nothing."""
    elements = [
        element
        for element in reading.read(Program.from_text(text))
        if element.kind in READ
        and not (element.kind == "dropout-rate" and element.absent)
        and (element.kind, element.value) != ("activation", "linear")
    ]
    return [(element.kind, element.layer, element.value) for element in elements]


def same(text):
    order = lambda fact: (fact[0], -1 if fact[1] is None else fact[1])  # noqa: E731
    assert sorted(read(text), key=order) == sorted(facts(text), key=order)


@pytest.mark.parametrize("text", [PROGRAM, OBJECTS], ids=["names", "objects"])
def test_what_is_read_is_what_keras_makes(text):
    same(text)


@pytest.mark.parametrize("text", [PROGRAM, OBJECTS], ids=["names", "objects"])
def test_what_is_written_is_what_keras_makes(text):
    program = Program.from_text(text)
    for element in reading.read(program):
        for value in values_of(element):
            if element.kind in NOT_HERE or (element.kind == "layer" and value is None and element.value == "Dense"):
                continue
            same(program.patched(reading.write(program, element, value)).main.text)


def test_an_element_of_another_program_is_refused():
    element = reading.read(Program.from_text(PROGRAM))[-1]
    other = Program.from_text("\n" + PROGRAM)
    with pytest.raises(Unchangeable):
        reading.write(other, element, 3)


def test_a_program_without_keras_has_no_elements():
    assert reading.read(Program.from_text("import numpy\nmodel.compile('adam', 'mse')\nmodel.fit(x, y)\n")) == ()
