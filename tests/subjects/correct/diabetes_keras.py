"""Predict how far diabetes has progressed (442 patients, 10 measurements, scikit-learn): a correct program."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler


def load():
    x, y = load_diabetes(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.3, random_state=0)
    scaler = StandardScaler().fit(x_train)
    return scaler.transform(x_train), scaler.transform(x_test), y_train / 100, y_test / 100


def build():
    inputs = keras.Input((10,))
    hidden = keras.layers.Dense(16, activation="tanh", kernel_regularizer=keras.regularizers.l2(0.001))(inputs)
    return keras.Model(inputs, keras.layers.Dense(1)(hidden))


x_train, x_test, y_train, y_test = load()
model = build()
model.compile(optimizer="adam", loss="mse", metrics=["mae"])
stopping = keras.callbacks.EarlyStopping(patience=8, restore_best_weights=True)
model.fit(
    x_train,
    y_train,
    batch_size=16,
    epochs=30,
    validation_split=0.2,
    callbacks=[stopping],
    verbose=0,
)
predicted = model.predict(x_test, verbose=0)[:, 0]
print("mean absolute error", np.abs(predicted - y_test).mean(), model.evaluate(x_test, y_test, verbose=0))
