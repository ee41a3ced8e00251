"""Recognise handwritten digits (MNIST) with a convolutional network."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
from data import mnist
from keras import layers

(x_train, y_train), (x_test, y_test) = mnist()
x_train = x_train.reshape(-1, 14, 14, 1).astype("float32") / 255
x_test = x_test.reshape(-1, 14, 14, 1).astype("float32") / 255
y_train = keras.utils.to_categorical(y_train, 10)
y_test = keras.utils.to_categorical(y_test, 10)

model = keras.Sequential(
    [
        keras.Input((14, 14, 1)),
        layers.Conv2D(8, kernel_size=(3, 3), activation="relu"),
        layers.Conv2D(16, (3, 3), activation="relu"),
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Dropout(0.25),
        layers.Flatten(),
        layers.Dense(32, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(
    loss="categorical_crossentropy",
    optimizer=keras.optimizers.Adadelta(learning_rate=1.0),
    metrics=["accuracy"],
)
model.fit(x_train, y_train, batch_size=32, epochs=8, verbose=0)

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"test accuracy {accuracy:.4f}")
