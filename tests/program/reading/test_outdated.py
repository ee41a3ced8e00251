"""Names of earlier versions: found, and written as they are known today."""

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.elements._find import change
from netmend.program.elements.outdated_names import kind
from netmend.program.source import Program

KERAS = """\
import keras
import numpy as np
from keras import layers, optimizers
model = keras.Sequential([layers.Dense(3)])
{}
"""
TORCH = """\
import torch
model = torch.nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loss = model(torch.ones(2, 3)).sum()
loss.backward()
{}
"""


def updated(text):
    program = Program.from_text(text)
    (element,) = kind.find(program)
    return program.patched(change(program, element, None)).main.text


@pytest.mark.parametrize(
    ("frame", "old", "new"),
    [
        (KERAS, "optimizers.Adam(lr=0.1)", "optimizers.Adam(learning_rate=0.1)"),
        (KERAS, "layers.Dense(3, init='uniform')", "layers.Dense(3, kernel_initializer='uniform')"),
        (KERAS, "layers.Dense(output_dim=3, W_regularizer=None)", "layers.Dense(units=3, kernel_regularizer=None)"),
        (KERAS, "layers.Conv2D(3, 2, border_mode='same')", "layers.Conv2D(3, 2, padding='same')"),
        (KERAS, "layers.LSTM(3, dropout_W=.1)", "layers.LSTM(3, dropout=.1)"),
        (KERAS, "layers.Dropout(p=0.5)", "layers.Dropout(rate=0.5)"),
        (KERAS, "layers.Dense(3, input_shape=(10))", "layers.Dense(3, input_shape=(10,))"),
        (KERAS, "keras.Input(10)", "keras.Input((10,))"),
        (KERAS, "model.compile('sgd', 'mse', ['mae'])", "model.compile('sgd', 'mse', metrics=['mae'])"),
        (KERAS, "model.fit(x, y, nb_epoch=3)", "model.fit(x, y, epochs=3)"),
        (KERAS, "model.fit_generator(x, workers=2, epochs=3)", "model.fit(x, epochs=3)"),
        (KERAS, "model.fit_generator(x, 10, 3, verbose=0)", "model.fit(x, steps_per_epoch=10, epochs=3, verbose=0)"),
        (KERAS, "model.evaluate_generator(x, 10)", "model.evaluate(x, steps=10)"),
        (KERAS, "layers.Convolution2D(8, 3, 5, border_mode='same')", "layers.Convolution2D(8, (3, 5), padding='same')"),
        (KERAS, "model.fit(x, use_multiprocessing=True)", "model.fit(x)"),
        (KERAS, "print(model.predict_classes(x))", "print(model.predict(x).argmax(axis=-1))"),
        (KERAS, "print(model.predict_proba(x))", "print(model.predict(x))"),
        (KERAS, "h = model.fit(x, y)\nprint(h.history['val_acc'])",
         "h = model.fit(x, y)\nprint(h.history[\"val_accuracy\"])"),
        (KERAS, "h = model.fit(x, y).history\nprint(h['acc'])", "h = model.fit(x, y).history\nprint(h[\"accuracy\"])"),
        (KERAS, "from keras.layers.core import Dense", "from keras.layers import Dense"),
        (KERAS, "from keras.utils.np_utils import to_categorical", "from keras.utils import to_categorical"),
        (KERAS, "from keras.utils import np_utils", "from keras import utils as np_utils"),
        (KERAS, "from keras.utils import plot_model, np_utils as u",
         "from keras import utils as u\nfrom keras.utils import plot_model"),
        (KERAS, "if 1:\n    from tensorflow.keras.utils import np_utils, get_file",
         "if 1:\n    from tensorflow.keras import utils as np_utils\n    from tensorflow.keras.utils import get_file"),
        (KERAS, "from sklearn.cross_validation import KFold", "from sklearn.model_selection import KFold"),
        (KERAS, "from sklearn import preprocessing as p\np.OneHotEncoder(sparse=False)",
         "from sklearn import preprocessing as p\np.OneHotEncoder(sparse_output=False)"),
        (KERAS, "np.zeros(3, np.float)", "np.zeros(3, float)"),
        (KERAS, "np.product(3) + np.Inf", "np.prod(3) + np.inf"),
        (TORCH, "print(loss.data[0])", "print(loss.item())"),
        (TORCH, "it = iter(loader)\nit.next()", "it = iter(loader)\nnext(it)"),
    ],
)  # fmt: skip
def test_todays_name_is_written(frame, old, new):
    assert updated(frame.format(old)) == frame.format(new)


def test_classes_of_one_output_are_told_by_a_half():
    text = KERAS.format("model.compile('sgd', 'binary_crossentropy')\nc = model.predict_classes(x)[:, 0]")
    assert updated(text).splitlines()[-1] == 'c = (model.predict(x) > 0.5).astype("int32")[:, 0]'


@pytest.mark.parametrize(
    "same",
    [
        "layers.Embedding(10, output_dim=3)",
        "layers.Dense(3, input_shape=(10,))",
        "model.compile('sgd', 'mse')",
        "model.compile('sgd', 'mse', metrics=['acc'])\nh = model.fit(x, y)\nprint(h.history['acc'])",
        "model.fit(x, samples_per_epoch=100)",
        "layers.Conv2D(8, 3, 2)",
        "layers.Dense(3, p=0.5)",
        "model.compile('sgd', ['mse', 'mae'], [1.0, 0.5])",
        "forest.predict_proba(x)",
        "make(lr=0.1, init=3, nb_epoch=2, p=3)",
        "float(np.float32(3))",
        "scores = {'acc': 3}\nprint(scores['acc'])",
        "queue.next()",
        "from mine.layers.core import Dense",
        "optimizers.Adam(learning_rate=0.1)",
    ],
)
def test_what_is_not_outdated_stays(same):
    assert not kind.find(Program.from_text(KERAS.format(same)))


def test_the_first_row_of_what_is_no_loss_stays():
    assert not kind.find(Program.from_text(TORCH.format("print(model.weight.data[0])")))


def test_all_go_at_once_and_a_description_says_the_first():
    text = KERAS.format("model.compile(optimizers.SGD(lr=1), 'mse', ['mae'])\nmodel.fit(x, y, nb_epoch=3, workers=1)")
    program = Program.from_text(text)
    (element,) = kind.find(program)
    assert element.owner.endswith("and 2 others")
    assert not kind.find(Program.from_text(updated(text)))
    with pytest.raises(Unchangeable):
        change(program, element, "older")
