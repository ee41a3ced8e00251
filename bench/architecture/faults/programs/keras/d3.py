"""D3 (Stack Overflow 45442843): one standardised feature, two classes as one-hot rows.

The original file is not public; this one has as many rows, and a class that follows from the feature with the
published share of the majority.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
from keras.layers import Activation, Dense
from keras.models import Sequential

feature = np.random.default_rng(42).normal(size=(10000, 1))
label = keras.utils.to_categorical(feature[:, 0] > -0.28, 2)
x_train, x_test, y_train, y_test = feature[:8000], feature[8000:], label[:8000], label[8000:]

model = Sequential()
model.add(Dense(1, input_dim=1))
model.add(Activation("sigmoid"))
model.add(Dense(2, kernel_initializer="random_normal", activation="softmax"))
model.compile(loss="mean_absolute_error", optimizer="rmsprop", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=10, batch_size=200, verbose=0)

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"test accuracy {accuracy:.4f}")
