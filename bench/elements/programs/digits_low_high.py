"""Digits below five and above: a net with two outputs."""

import keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

images, digits = load_digits(return_X_y=True)
high = np.eye(2)[(digits > 4).astype(int)]
x_train, x_test, y_train, y_test = train_test_split(images / 16, high, test_size=0.4, random_state=8)

model = keras.models.Sequential()
model.add(keras.layers.Input((64,)))
model.add(keras.layers.Dense(24, activation="relu"))
model.add(keras.layers.Dropout(0.9))
model.add(keras.layers.Dense(2, activation="softmax"))
model.compile(loss="hinge", optimizer=keras.optimizers.Adagrad(learning_rate=0.001), metrics=["accuracy"])
model.fit(x_train, y_train, epochs=15, batch_size=32, verbose=0)
print(model.evaluate(x_test, y_test, verbose=0))
