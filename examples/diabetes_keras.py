"""Predict how far diabetes has progressed after a year (442 patients, 10 measurements, scikit-learn)."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

config = {"units": 32, "batch_size": 16, "epochs": 30, "learning_rate": 0.01}

x, y = load_diabetes(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.3, random_state=0)
scaler = StandardScaler().fit(x_train)
x_train, x_test = scaler.transform(x_train), scaler.transform(x_test)

inputs = keras.Input(shape=(10,))
hidden = keras.layers.Dense(config["units"], activation="tanh")(inputs)
progression = keras.layers.Dense(1, activation="sigmoid")(hidden)
model = keras.Model(inputs, progression)

model.compile(
    loss=keras.losses.MeanSquaredError(),
    optimizer=keras.optimizers.Adam(config["learning_rate"]),
    metrics=["mae"],
)
model.fit(x_train, y_train, batch_size=config["batch_size"], epochs=config["epochs"], verbose=0)
print("mean absolute error", model.evaluate(x_test, y_test, verbose=0)[1])
