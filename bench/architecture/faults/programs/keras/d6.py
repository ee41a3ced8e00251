"""D6 (Stack Overflow 50306988): two boxes in the plane, two classes as one-hot rows.

Training data as published (160 of 200 points). The test set is drawn from the same boxes but has 400 points: the
published 8 are too few to tell anything.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
from keras.layers import Dense
from keras.models import Sequential


def boxes(points, seed):
    generator = np.random.default_rng(seed)
    low, high = generator.uniform(0.2, 0.4, (points, 2)), generator.uniform(0.5, 0.7, (points, 2))
    return np.vstack([low, high]), keras.utils.to_categorical([0] * points + [1] * points, 2)


x_train, y_train = boxes(80, 42)
x_test, y_test = boxes(200, 43)

model = Sequential()
model.add(Dense(2, input_dim=2, activation="sigmoid"))
model.add(Dense(2, activation="softmax"))
model.compile(
    loss="categorical_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=0.001), metrics=["accuracy"]
)
model.fit(x_train, y_train, epochs=5, batch_size=32, verbose=0)

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"test accuracy {accuracy:.4f}")
