"""Recognise handwritten digits (Stack Overflow 59325381) with a convolutional network."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

from data import mnist
from keras.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from keras.models import Sequential

(x_train, y_train), (x_test, y_test) = mnist()
x_train = x_train.reshape(-1, 14, 14, 1)
x_test = x_test.reshape(-1, 14, 14, 1)
x_train, y_train = x_train / 255, y_train / 255

model = Sequential()
model.add(Input((14, 14, 1)))
model.add(Conv2D(16, (3, 3), padding="same"))
model.add(MaxPooling2D((2, 2)))
model.add(Conv2D(8, (3, 3), padding="same"))
model.add(MaxPooling2D((2, 2)))
model.add(Flatten())
model.add(Dense(64, activation="relu"))
model.add(Dense(10, activation="softmax"))
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=10, epochs=5, verbose=0)

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"test accuracy {accuracy:.4f}")
