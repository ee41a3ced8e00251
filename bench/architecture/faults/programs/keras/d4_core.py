"""Recognise handwritten digits (Stack Overflow 48385830) with two dense layers."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
from data import mnist
from keras.initializers import RandomNormal
from keras.layers import Dense
from keras.models import Sequential
from keras.optimizers import SGD

(x_train, y_train), (x_test, y_test) = mnist()
x_train = x_train.reshape(-1, 196).astype("float32") / 255
x_test = x_test.reshape(-1, 196).astype("float32") / 255
y_train = keras.utils.to_categorical(y_train, 10)
y_test = keras.utils.to_categorical(y_test, 10)

model = Sequential()
model.add(
    Dense(
        30,
        input_dim=196,
        kernel_initializer=RandomNormal(stddev=1),
        bias_initializer=RandomNormal(stddev=1),
    )
)
model.add(Dense(10, kernel_initializer=RandomNormal(stddev=1), bias_initializer=RandomNormal(stddev=1)))
model.compile(loss="mean_squared_error", optimizer=SGD(learning_rate=3.0), metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=10, epochs=10, verbose=0)

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"test accuracy {accuracy:.4f}")
