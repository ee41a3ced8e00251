"""Handwritten digits: a net whose last layer gives one figure for each class."""

import keras
from sklearn.datasets import load_digits

x, y = load_digits(return_X_y=True)
x = x / 16

model = keras.Sequential()
model.add(keras.Input((64,)))
model.add(keras.layers.Dense(32, activation="relu"))
model.add(keras.layers.Dense(10, activation="softmax"))
model.compile(
    optimizer=keras.optimizers.SGD(learning_rate=0.05),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(x[:1000], y[:1000], epochs=8, batch_size=32, verbose=0)
print(model.evaluate(x[1000:], y[1000:], verbose=0))
