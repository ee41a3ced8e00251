"""Handwritten digits; the images are prepared by a function."""

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits


def prepared(images):
    return images.reshape(-1, 8, 8, 1).astype("float32")


digits = load_digits()
order = np.random.RandomState(9).permutation(len(digits.target))
train, test = order[:1000], order[1000:]
x_train, y_train = prepared(digits.images[train]), digits.target[train]
x_test, y_test = prepared(digits.images[test]), digits.target[test]
x_train = (x_train - x_train.mean()) / x_train.std()

model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        layers.Conv2D(8, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(32, activation="tanh"),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=32, epochs=10, verbose=0)
print(model.evaluate(x_test, y_test, verbose=0))
