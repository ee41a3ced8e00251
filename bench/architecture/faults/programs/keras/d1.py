"""D1 (Stack Overflow 31880720): constant rows, binary classification."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import numpy as np
from keras.layers import Activation, Dense, Dropout
from keras.models import Sequential

x_train = np.vstack([np.ones((10000, 128)), np.zeros((10000, 128))])
y_train = np.concatenate([np.ones(10000), np.zeros(10000)])
x_test = np.vstack([np.ones((100, 128)), np.zeros((100, 128))])
y_test = np.concatenate([np.ones(100), np.zeros(100)])

model = Sequential()
model.add(Dense(50, input_dim=128))
model.add(Activation("relu"))
model.add(Dropout(0.2))
model.add(Dense(50))
model.add(Activation("relu"))
model.add(Dropout(0.2))
model.add(Dense(1))
model.add(Activation("softmax"))
model.compile(loss="binary_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=1, batch_size=32, verbose=0)

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"test accuracy {accuracy:.4f}")
