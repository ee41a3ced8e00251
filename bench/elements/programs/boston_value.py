"""The value of homes in Boston's suburbs."""

import keras
import numpy as np
from keras.layers import Dense

houses = np.loadtxt("boston-housing.csv", delimiter=",")
houses = houses[np.random.default_rng(0).permutation(len(houses))]
x, y = houses[:, :13], houses[:, 13]
x = (x - x.mean(axis=0)) / x.std(axis=0)

model = keras.Sequential()
model.add(keras.Input(shape=(13,)))
model.add(Dense(32, activation="relu"))
model.add(Dense(16, activation="relu"))
model.add(Dense(1, activation="sigmoid"))
model.compile(loss="mean_squared_error", optimizer="adam", metrics=["mean_absolute_error"])
model.fit(x[:300], y[:300], batch_size=10, epochs=3, verbose=0)
print(model.evaluate(x[300:], y[300:], verbose=0))
