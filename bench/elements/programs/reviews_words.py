"""Positive or negative film reviews, as the set of words that occur in them."""

import keras
import numpy as np
from keras import layers

MOST = 600
file = np.load("imdb_5000_2500.npz")


def bags(share, count):
    words, starts = file[f"{share}_tokens"], file[f"{share}_offsets"]
    found = np.zeros((count, MOST), "float32")
    for row in range(count):
        text = words[starts[row] : starts[row + 1]]
        found[row, text[text < MOST]] = 1
    return found, file[f"y_{share}"][:count].astype("float32")


def shuffled(x, y):
    order = np.random.RandomState(3).permutation(len(x))
    return x[order], y[order]


x_train, y_train = shuffled(*bags("train", 5000))
x_test, y_test = shuffled(*bags("test", 2500))
x_train, y_train = x_train[:2500], y_train[:2500]
x_test, y_test = x_test[:1200], y_test[:1200]

model = keras.Sequential([layers.Input((MOST,)), layers.Dense(1, activation="relu"), layers.Dense(1, activation="sigmoid")])
model.compile(optimizer=keras.optimizers.SGD(learning_rate=1e-4), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=1, batch_size=50, verbose=0)
print(model.evaluate(x_test, y_test, verbose=0))
