"""Tell a particle's decay from background (Stack Overflow 41600519): 31 columns as they come, two classes."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

from data import particles
from keras.layers import Dense, Dropout
from keras.models import Sequential

(x_train, y_train), (x_test, y_test) = particles()

model = Sequential()
model.add(Dense(600, input_dim=31, activation="relu"))
model.add(Dropout(0.5))
model.add(Dense(400, activation="relu"))
model.add(Dropout(0.5))
model.add(Dense(100, activation="relu"))
model.add(Dropout(0.5))
model.add(Dense(1, activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=1, batch_size=1, verbose=0)

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"test accuracy {accuracy:.4f}")
