"""Diabetes among women of the Pima, after a well-known table."""

import keras
import numpy as np
from keras.layers import Dense

dataset = np.loadtxt("pima-indians-diabetes.csv", delimiter=",")
X = dataset[:, 0:8]
Y = dataset[:, 8]

model = keras.Sequential()
model.add(keras.Input((8,)))
model.add(Dense(12, activation="relu"))
model.add(Dense(8, activation="relu"))
model.add(Dense(1, activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="sgd", metrics=["accuracy"])
model.fit(X[:400], Y[:400], epochs=30, batch_size=10, verbose=0)
scores = model.evaluate(X[400:], Y[400:], verbose=0)
print(f"{model.metrics_names}: {scores}")
