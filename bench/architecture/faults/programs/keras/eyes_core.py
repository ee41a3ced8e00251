"""Estimate where an eye looks from its image and the pose of the head."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
from data import eyes
from keras import Input, Model, ops
from keras.layers import Concatenate, Conv2D, Dense, Flatten, MaxPooling2D
from keras.optimizers import SGD

(x_train, head_train, y_train), (x_test, head_test, y_test) = eyes()
x_train = x_train.astype("float32") / 255
x_test = x_test.astype("float32") / 255


def direction(angles):
    """Pitch and yaw as a vector of length one."""
    pitch, yaw = angles[:, 0], angles[:, 1]
    return ops.stack([ops.cos(pitch) * ops.sin(yaw), ops.sin(pitch), ops.cos(pitch) * ops.cos(yaw)], axis=1)


def angular(y_true, y_pred):
    """Angle between the true direction and the predicted one, in radians."""
    cosine = ops.sum(direction(y_true) * direction(y_pred), axis=1)
    return ops.arccos(ops.clip(cosine, -0.99999, 0.99999))


eye = Input((36, 60, 1))
head = Input((2,))
x = Conv2D(4, (5, 5), activation="relu", kernel_initializer=keras.initializers.RandomNormal(0.0, 0.1))(eye)
x = MaxPooling2D((2, 2))(x)
x = Conv2D(10, (5, 5), activation="relu", kernel_initializer=keras.initializers.RandomNormal(0.0, 0.1))(x)
x = MaxPooling2D((2, 2))(x)
x = Flatten()(x)
x = Dense(50, activation="relu", kernel_initializer="glorot_normal")(x)
x = Concatenate()([head, x])
gaze = Dense(2)(x)
model = Model([eye, head], gaze)

model.compile(loss=angular, optimizer=SGD(learning_rate=0.01), metrics=[angular])
model.fit([x_train, head_train], y_train, batch_size=16, epochs=8, validation_split=0.1, verbose=0)

loss, error = model.evaluate([x_test, head_test], y_test, verbose=0)
print(f"test angular {error:.4f}")
