"""Recognise crosses, frames, bars and discs in generated images of 12 x 12 pixels: a correct program."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import numpy as np
from keras import Input, Sequential, layers

rng = np.random.default_rng(5)


def picture(kind):
    image = np.zeros((12, 12), "float32")
    row, column, size = rng.integers(3, 9), rng.integers(3, 9), rng.integers(2, 4)
    rows, columns = np.ogrid[:12, :12]
    across, down = abs(rows - row), abs(columns - column)
    if kind == 0:
        image[((across == 0) & (down <= size)) | ((down == 0) & (across <= size))] = 1
    elif kind == 1:
        image[np.maximum(across, down) == size] = 1
    elif kind == 2:
        image[(across <= 0) & (down <= size)] = 1
    else:
        image[across**2 + down**2 <= size**2] = 1
    return image + rng.normal(0, 0.15, image.shape).astype("float32")


labels = rng.integers(0, 4, 1600)
images = np.stack([picture(kind) for kind in labels])[..., None]
one_hot = np.eye(4, dtype="float32")[labels]
train_images, test_images, train_labels, test_labels = images[:1000], images[1000:], one_hot[:1000], one_hot[1000:]

model = Sequential()
model.add(Input((12, 12, 1)))
model.add(layers.Conv2D(8, (3, 3), activation="relu"))
model.add(layers.MaxPooling2D((2, 2)))
model.add(layers.Flatten())
model.add(layers.Dense(32, activation="relu"))
model.add(layers.Dense(4, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(train_images, train_labels, epochs=12, batch_size=32, verbose=0)
print(model.evaluate(test_images, test_labels, verbose=0))
