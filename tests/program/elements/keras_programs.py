"""Small Keras programs in differing styles; none is meant to be run by itself."""

LIST = """\
import keras
from keras import layers
from data import x, y

model = keras.Sequential([
    keras.Input((8,)),
    layers.Dense(32, activation="relu"),   # hidden
    layers.Dropout(0.25),
    layers.Dense(3, activation="softmax"),
])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=5, batch_size=16)
"""

ADD = """\
import tensorflow as tf
from tensorflow.keras.models import Sequential
from tensorflow.keras.layers import Dense as D, Activation, LeakyReLU
from tensorflow.keras.optimizers import SGD
from sklearn.preprocessing import StandardScaler
from data import x, y

x = StandardScaler().fit(x).transform(x)
model = Sequential()
model.add(D(16, input_shape=(8,), kernel_initializer='he_normal'))
model.add(LeakyReLU())
model.add(D(units=1))
model.add(Activation('sigmoid'))
model.compile(SGD(0.1, momentum=0.9, nesterov=True), tf.keras.losses.BinaryCrossentropy(), metrics=['acc'])
model.fit(x, y, 64, 3)
"""

FUNCTIONAL = """\
from tensorflow import keras
from tensorflow.keras import layers, regularizers
from data import x, y

inputs = keras.Input(shape=(8,))
h = layers.Dense(
    24,
    activation=keras.activations.tanh,
    kernel_regularizer=regularizers.l2(1e-4),  # a little
)(inputs)
h = layers.BatchNormalization()(h)
h = layers.Dropout(rate=0.5)(h)
outputs = layers.Dense(1)(h)
model = keras.Model(inputs, outputs)
model.compile(
    loss=keras.losses.MeanSquaredError(),
    optimizer=keras.optimizers.RMSprop(learning_rate=1e-3 * 10),
    metrics=["mae", keras.metrics.RootMeanSquaredError()],
)
history = model.fit(x, y, epochs=10,
                    validation_split=0.2)
"""

SUBCLASS = """\
import tensorflow as tf
from data import x, y


class Net(tf.keras.Model):
    def __init__(self, width=20):
        super().__init__()
        self.first = tf.keras.layers.Dense(width)
        self.second = tf.keras.layers.Dense(4)

    def call(self, inputs):
        h = tf.nn.relu(self.first(inputs))
        return self.second(h)


def main():
    net = Net()
    net.compile("sgd", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    net.fit(x, y)


if __name__ == "__main__":
    main()
"""

CONFIGURATION = """\
import keras
from keras.layers import Dense
from data import x, y

CONFIG = {"lr": 0.5, "fit": {"epochs": 7, "batch_size": 128}, "units": 10}
LOSS = 'mse'
COMPILE = dict(loss=LOSS, metrics=None)

last = Dense(1, kernel_initializer=keras.initializers.Zeros())
model = keras.models.Sequential([Dense(CONFIG["units"], "relu"), last])
optimizer = keras.optimizers.Adam(learning_rate=CONFIG["lr"])
model.compile(optimizer=optimizer, **COMPILE)
model.fit(x, y, **CONFIG["fit"])
"""

ARGUMENTS = """\
import argparse
from keras import Sequential, layers, optimizers
from data import x, y


def build(args, hidden):
    return Sequential([layers.Dense(hidden, activation="elu"), layers.Dense(2, activation="softmax")])


parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.02)
parser.add_argument("-b", "--batch-size", type=int, default=32)
parser.add_argument("--epochs", type=int, default=4, help="how long")
args = parser.parse_args()
model = build(args, 48)
model.compile(loss="categorical_crossentropy", optimizer=optimizers.Adagrad(args.lr))
model.fit(x, y, epochs=args.epochs, batch_size=args.batch_size)
"""

STARS = """\
from keras.models import *
from keras.layers import *
from data import x, y
m = Sequential(); m.add(Dense(12)); m.add(ReLU()); m.add(Dense(3)); m.add(Softmax())
m.compile('rmsprop', 'categorical_crossentropy'); m.fit(x, y, verbose=0)
"""

SCHEDULE = """\
import keras
from data import x, y
rate = keras.optimizers.schedules.ExponentialDecay(0.3, 1000, 0.9)
model = keras.Sequential()
model.add(keras.layers.LSTM(6, dropout=0.1))
model.add(keras.layers.Dense(1, activation=None))
model.compile(optimizer=keras.optimizers.Nadam(rate), loss=keras.losses.Huber(delta=2.0))
model.fit(x=x, y=y, epochs=2,)
"""

DATASET = """\
import tensorflow as tf
from data import x, y
keras = tf.keras
L = keras.layers
BATCH = 20
train = tf.data.Dataset.from_tensor_slices((x, y))
train = train.shuffle(100).batch(BATCH).prefetch(1)
model = keras.Sequential([L.Conv2D(4, 3, activation=tf.nn.relu), L.MaxPooling2D(), L.Flatten(), L.Dense(10)])
model.compile(keras.optimizers.legacy.Adam(1e-05), keras.losses.SparseCategoricalCrossentropy(True), ["accuracy"])
model.fit(train, epochs=(2))
"""

LOOP = """\
import keras
from data import x, y, unknown
width = 8
act = "tanh"
model = keras.Sequential()
model.add(keras.layers.Dense(width, activation=act))
for _ in range(2):
    model.add(keras.layers.Dense(width, activation=act))
for size in unknown:
    model.add(keras.layers.Dense(size))
model.add(keras.layers.Dense(1, activation=act))
epochs = 3
if unknown:
    epochs = 9
model.compile(loss="mean_absolute_error")
model.fit(x, y, epochs=epochs)
"""

WRAPPED = """\
import keras
from keras.layers import Bidirectional, Dense, Embedding, GRU
from data import x, y


class Scale(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = Dense(5)

    def call(self, inputs):
        return self.inner(inputs)


model = keras.Sequential([
    Embedding(100, 8),
    Bidirectional(GRU(7, kernel_initializer=keras.initializers.RandomNormal(stddev=1.0))),
    Scale(),
    Dense(1, activation=keras.layers.LeakyReLU(0.2)),
])
model.compile("adam", "binary_crossentropy")
model.fit(x, y)
"""

WINDOWS = LIST.replace("\n", "\r\n").replace("# hidden", "# verborgen: Größe ∈ ℕ")

ALL = {
    name.lower(): text
    for name, text in dict(globals()).items()
    if name.isupper() and isinstance(text, str) and not name.startswith("_")
}
