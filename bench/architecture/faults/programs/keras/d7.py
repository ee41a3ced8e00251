"""D7 (Stack Overflow 51181393): the line y = 5x.

Training data as published (80 of 100 evenly spaced points in [1, 2]). The test set has 200 points between them: the
published 4 are too few to tell anything.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import numpy as np
from keras.layers import Dense
from keras.models import Sequential
from keras.optimizers import RMSprop

x = np.random.default_rng(42).permutation(np.linspace(1, 2, 100))
x_train = x[:80].reshape(-1, 1)
x_test = np.linspace(1.0025, 1.9975, 200).reshape(-1, 1)
y_train, y_test = 5 * x_train, 5 * x_test

model = Sequential()
model.add(Dense(1, input_dim=1, activation="linear"))
model.compile(loss="mse", optimizer=RMSprop(learning_rate=0.001), metrics=["mae"])
model.fit(x_train, y_train, epochs=200, batch_size=32, verbose=0)

loss, error = model.evaluate(x_test, y_test, verbose=0)
print(f"test mae {error:.4f}")
