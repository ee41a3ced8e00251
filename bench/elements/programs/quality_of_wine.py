"""Good or poor red wine: a table of eleven properties."""

import keras
import numpy as np
from keras.layers import Dense, Dropout, Input

table = np.loadtxt("winequality-red.csv", delimiter=",")
table = table[np.random.RandomState(1).permutation(len(table))]
x = (table[:, :11] - table[:, :11].mean(0)) / table[:, :11].std(0)
good = (table[:, 11] > 5).astype("float32")

model = keras.Sequential()
model.add(Input((11,)))
model.add(Dense(64, activation="relu"))
model.add(Dropout(0.2))
model.add(Dense(32, activation="relu"))
model.add(Dense(1, activation="tanh"))
model.add(Dropout(0.9))
model.compile(loss="mean_absolute_error", optimizer="adam", metrics=["accuracy"])
model.fit(x[:1000], good[:1000], epochs=15, batch_size=32, verbose=0)
print(model.evaluate(x[1000:], good[1000:], verbose=0))
