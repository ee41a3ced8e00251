"""Whether just one of two pixels of a digit's image is dark: the exclusive or, with real inputs."""

import keras
import numpy as np
from sklearn.datasets import load_digits

pixels = load_digits().data / 16
pairs = np.vstack([pixels[:, [20, 44]], pixels[:, [28, 36]]]).astype("float32")
target = ((pairs[:, 0] > 0.5) ^ (pairs[:, 1] > 0.5)).astype("float32")
order = np.random.RandomState(0).permutation(len(pairs))
pairs, target = pairs[order][:1600], target[order][:1600]

model = keras.models.Sequential()
model.add(keras.layers.Input((2,)))
model.add(keras.layers.Dense(8, activation="tanh"))
model.add(keras.layers.Dense(1, activation="sigmoid"))
sgd = keras.optimizers.SGD(learning_rate=0.01)
model.compile(loss="binary_crossentropy", optimizer=sgd, metrics=["accuracy"])
model.fit(pairs[:1000], target[:1000], batch_size=25, epochs=2, verbose=0)
print(model.evaluate(pairs[1000:], target[1000:], verbose=0))
