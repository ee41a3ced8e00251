"""Homes in Boston: a regression with standardised features."""

import keras
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

data = np.loadtxt("boston-housing.csv", delimiter=",")
x_train, x_test, y_train, y_test = train_test_split(data[:, :13], data[:, 13], test_size=0.4, random_state=7)
scaler = StandardScaler().fit(x_train)
x_train, x_test = scaler.transform(x_train), scaler.transform(x_test)

model = keras.Sequential(
    [
        keras.Input((13,)),
        keras.layers.Dense(24, activation="relu"),
        keras.layers.Dense(12, activation="relu"),
        keras.layers.Dense(1, activation="softmax"),
    ]
)
model.compile("adam", "mean_squared_error", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=8, epochs=25, verbose=0)
print(model.evaluate(x_test, y_test, verbose=0))
