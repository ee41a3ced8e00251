"""Learn to steer from what a camera at the windscreen sees."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

from data import road
from keras import Input, Sequential
from keras.layers import Conv2D, Dense, Dropout, Flatten, Rescaling
from keras.optimizers import Adam

(x_train, y_train), (x_test, y_test) = road()

model = Sequential()
model.add(Input((64, 64, 3)))
model.add(Rescaling(1 / 127.5, offset=-1))
model.add(Conv2D(6, (5, 5), strides=(2, 2), activation="elu"))
model.add(Conv2D(8, (5, 5), strides=(2, 2), activation="elu"))
model.add(Conv2D(12, (5, 5), strides=(2, 2), activation="elu"))
model.add(Conv2D(16, (3, 3), activation="elu"))
model.add(Conv2D(16, (3, 3), activation="elu"))
model.add(Dropout(0.5))
model.add(Flatten())
model.add(Dense(25, activation="elu"))
model.add(Dense(12, activation="elu"))
model.add(Dense(10, activation="elu"))
model.add(Dense(1))

model.compile(loss="mean_squared_error", optimizer=Adam(learning_rate=0.0001), metrics=["mean_squared_error"])
model.fit(x_train, y_train, batch_size=16, epochs=10, verbose=0)

loss, error = model.evaluate(x_test, y_test, verbose=0)
print(f"test mean_squared_error {error:.4f}")
