"""Learn a wave of two inputs from noisy samples (800 rows): a correct program."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(0)
x = rng.uniform(-1, 1, (800, 2)).astype("float32")
y = np.sin(3 * x[:, 0]) * x[:, 1] + 0.05 * rng.standard_normal(800).astype("float32")
x_train, x_test, y_train, y_test = x[:500], x[500:], y[:500], y[500:]

inputs = keras.Input((2,))
hidden = layers.Dense(32, activation="tanh")(inputs)
hidden = layers.Dense(16, activation="tanh")(hidden)
outputs = layers.Dense(1)(hidden)
model = keras.Model(inputs, outputs)
model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01, clipnorm=1.0), loss="mse", metrics=["mae"])
model.fit(x_train, y_train, epochs=20, batch_size=25, validation_data=(x_test, y_test), verbose=0)
