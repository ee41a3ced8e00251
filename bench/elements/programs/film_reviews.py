"""Film reviews as sequences of words."""

import keras
import numpy as np
from keras.layers import Dense, Dropout, Embedding, GlobalAveragePooling1D

VOCABULARY, LENGTH = 2000, 80
reviews = np.load("imdb_5000_2500.npz")


def sequences(share, most):
    tokens, offsets = reviews[f"{share}_tokens"], reviews[f"{share}_offsets"]
    rows = np.zeros((len(offsets) - 1, LENGTH), "int32")
    for number, (start, end) in enumerate(zip(offsets[:-1], offsets[1:])):
        text = tokens[start:end][:LENGTH]
        rows[number, LENGTH - len(text) :] = np.where(text < VOCABULARY, text, 2)
    chosen = np.random.RandomState(1).permutation(len(rows))[:most]
    return rows[chosen], reviews[f"y_{share}"][chosen]


x_train, y_train = sequences("train", 3000)
x_test, y_test = sequences("test", 1200)

model = keras.Sequential()
model.add(keras.Input((LENGTH,)))
model.add(Embedding(VOCABULARY, 16))
model.add(GlobalAveragePooling1D())
model.add(Dropout(0.95))
model.add(Dense(16, activation="relu"))
model.add(Dense(1, activation="sigmoid"))
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=2, batch_size=64, verbose=0)
print(model.evaluate(x_test, y_test, verbose=0))
