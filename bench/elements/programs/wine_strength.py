"""The strength of a wine in alcohol, from its other properties."""

import keras
import numpy as np
from keras import layers

table = np.loadtxt("winequality-red.csv", delimiter=",")
table = table[np.random.RandomState(6).permutation(len(table))]
alcohol = table[:, 10]
others = np.delete(table, 10, axis=1)
others = (others - others.mean(0)) / others.std(0)

inputs = layers.Input((11,))
x = layers.Dense(32, activation="relu")(inputs)
x = layers.Dense(16, activation="relu")(x)
outputs = layers.Dense(1, activation="tanh")(x)
model = keras.Model(inputs, outputs)
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
model.fit(others[:1000], alcohol[:1000], batch_size=32, epochs=20, verbose=0)
print(model.evaluate(others[1000:], alcohol[1000:], verbose=0))
