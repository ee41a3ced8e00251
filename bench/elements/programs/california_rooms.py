"""Prices of homes in California by place, age and rooms."""

import keras
import numpy as np
from keras.layers import Dense, Dropout

table = np.loadtxt("california-housing.csv.gz", delimiter=",", skiprows=1, usecols=(0, 1, 2, 3, 5, 6, 7, 8))
table = table[np.random.RandomState(4).permutation(len(table))[:3000]]
x, price = table[:, :7], table[:, 7] / 100000

model = keras.Sequential()
model.add(keras.Input((7,)))
model.add(Dense(32, activation="sigmoid"))
model.add(Dense(32, activation="sigmoid"))
model.add(Dropout(0.9))
model.add(Dense(1))
model.compile(loss="mse", optimizer="adam", metrics=["mae"])
model.fit(x[:2000], price[:2000], epochs=20, batch_size=64, verbose=0)
print(model.evaluate(x[2000:], price[2000:], verbose=0))
