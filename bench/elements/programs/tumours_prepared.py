"""Malignant or benign tumours; the measurements are prepared by a function."""

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_breast_cancer


def prepared(rows):
    return cells.data[rows].astype("float32"), cells.target[rows]


cells = load_breast_cancer()
order = np.random.RandomState(9).permutation(len(cells.target))
x_train, y_train = prepared(order[:300])
x_test, y_test = prepared(order[300:])
x_train = (x_train - x_train.mean(axis=0)) / x_train.std(axis=0)

model = keras.Sequential(
    [
        keras.Input((30,)),
        layers.Dense(20, activation="relu"),
        layers.Dense(10, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=10, epochs=12, verbose=0)
print(model.evaluate(x_test, y_test, verbose=0))
