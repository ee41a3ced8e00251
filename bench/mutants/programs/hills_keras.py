"""Learn the height of a hilly landscape from 2,000 measured places: a correct program for regression."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(21)
places = rng.uniform(-2, 2, (2000, 2)).astype("float32")
heights = np.sin(2 * places[:, 0]) * np.cos(places[:, 1]) + 0.3 * places[:, 0] ** 2 + rng.normal(0, 0.05, 2000)
x_train, x_val, y_train, y_val = places[:1400], places[1400:], heights[:1400], heights[1400:]

model = keras.Sequential()
model.add(layers.Input(shape=(2,)))
model.add(layers.Dense(48, activation="tanh"))
model.add(layers.Dense(48, activation="tanh"))
model.add(layers.Dense(1))
model.compile(optimizer=keras.optimizers.Adam(0.005), loss="mse", metrics=["mae"])
model.fit(x_train, y_train, validation_data=(x_val, y_val), epochs=20, batch_size=32, verbose=0)
