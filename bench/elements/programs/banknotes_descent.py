"""Genuine or forged: banknotes, with plain gradient descent."""

import keras
import numpy as np

notes = np.loadtxt("banknote_authentication.csv", delimiter=",")
np.random.RandomState(0).shuffle(notes)
x, y = notes[:, :4], notes[:, 4:]

model = keras.Sequential()
model.add(keras.Input((4,)))
model.add(keras.layers.Dense(8, activation="relu"))
model.add(keras.layers.Dense(1, activation="sigmoid"))
model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.0005), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x[:800], y[:800], epochs=5, batch_size=32, verbose=0)
print(model.evaluate(x[800:], y[800:], verbose=0))
