"""Good and bad radar returns from the ionosphere."""

import numpy as np
from keras import Input, Model
from keras.layers import Dense

rows = np.loadtxt("ionosphere.csv", delimiter=",", dtype=str)
rows = rows[np.random.RandomState(2).permutation(len(rows))]
signals = rows[:, :34].astype("float32")
good = np.eye(2)[(rows[:, 34] == "g").astype(int)]

first = Input((34,))
layer = Dense(24, activation="relu")(first)
layer = Dense(12, activation="relu")(layer)
last = Dense(2, activation="softmax")(layer)
model = Model(first, last)
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(signals[:180], good[:180], epochs=2, batch_size=90, verbose=0)
print(model.evaluate(signals[180:], good[180:], verbose=0))
