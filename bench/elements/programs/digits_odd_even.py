"""Odd or even: a property of handwritten digits."""

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits

images, digits = load_digits(return_X_y=True)
images = images.astype("float32") / 16
odd = (digits % 2).astype("float32")
shuffled = np.random.RandomState(7).permutation(len(images))
train, test = shuffled[:1000], shuffled[1000:]

model = keras.Sequential(
    [
        keras.Input((64,)),
        layers.Dense(40, kernel_initializer="zeros"),
        layers.Dense(20, kernel_initializer="zeros"),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(keras.optimizers.SGD(learning_rate=0.001, momentum=0.9), "binary_crossentropy", metrics=["accuracy"])
history = model.fit(images[train], odd[train], batch_size=25, epochs=15, verbose=0)
print(history.history["accuracy"][-1], model.evaluate(images[test], odd[test], verbose=0))
