"""A convolutional net for handwritten digits, judged on the last third of them."""

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits

data = load_digits()
x_train, y_train = data.images[:1200], data.target[:1200]
x_test, y_test = data.images[1200:], data.target[1200:]
x_train = x_train.astype("float32") / 16
x_test = x_test.astype("float32")
x_train = np.expand_dims(x_train, -1)
x_test = np.expand_dims(x_test, -1)
y_train = keras.utils.to_categorical(y_train, 10)
y_test = keras.utils.to_categorical(y_test, 10)

inputs = keras.Input((8, 8, 1))
x = layers.Conv2D(16, 3, activation="relu", padding="same")(inputs)
x = layers.MaxPooling2D(2)(x)
x = layers.Conv2D(16, 3, activation="relu")(x)
x = layers.Flatten()(x)
outputs = layers.Dense(10, activation="softmax")(x)
model = keras.Model(inputs, outputs)
model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_absolute_error", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=32, epochs=6, verbose=0)
print(model.evaluate(x_test, y_test, verbose=0))
