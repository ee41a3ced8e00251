"""Tell the black squares of a board of 3 x 3 from the white ones (2,400 generated points): a correct program."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np

rng = np.random.default_rng(11)
points = rng.uniform(0, 3, (2400, 2)).astype("float32")
black = (points.astype(int).sum(axis=1) % 2).astype("float32")
points = (points - 1.5) / 0.87
x_train, x_test, y_train, y_test = points[:1600], points[1600:], black[:1600], black[1600:]

model = keras.Sequential(
    [
        keras.Input((2,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=32, epochs=15, validation_data=(x_test, y_test), verbose=0)
print(model.evaluate(x_test, y_test, verbose=0))
