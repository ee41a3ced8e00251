"""Digits read row by row, like a text."""

import keras
from keras.layers import LSTM, Dense, Dropout
from sklearn.datasets import load_digits

images = load_digits().images / 16.0
digits = load_digits().target
x_train, x_test = images[:1000], images[1000:]
y_train, y_test = digits[:1000], digits[1000:]

model = keras.Sequential()
model.add(keras.Input((8, 8)))
model.add(LSTM(8, activation="relu"))
model.add(Dense(2, activation="relu"))
model.add(Dense(10, activation="softmax"))
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=3, batch_size=40, verbose=0)
print(model.evaluate(x_test, y_test, verbose=0))
