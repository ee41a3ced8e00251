"""Tell which of five people speaks from the frequencies in a second of speech."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
from data import voices
from keras.layers import Activation, Add, AveragePooling1D, Conv1D, Dense, Flatten, Input, MaxPooling1D

(x_train, y_train), (x_test, y_test) = voices()
y_train, y_test = y_train.reshape(-1, 1), y_test.reshape(-1, 1)


def residual_block(x, filters, convolutions):
    shortcut = Conv1D(filters, 1, padding="same")(x)
    for _ in range(convolutions - 1):
        x = Conv1D(filters, 3, padding="same", activation="relu")(x)
    x = Conv1D(filters, 3, padding="same")(x)
    x = Add()([x, shortcut])
    x = Activation("relu")(x)
    return MaxPooling1D(pool_size=2, strides=2)(x)


sound = Input((8000, 1))
x = residual_block(sound, 16, 2)
x = residual_block(x, 32, 2)
x = residual_block(x, 64, 3)
x = residual_block(x, 128, 3)
x = residual_block(x, 128, 3)
x = AveragePooling1D(pool_size=3, strides=3)(x)
x = Flatten()(x)
x = Dense(256, activation="relu")(x)
x = Dense(128, activation="relu")(x)
speaker = Dense(5, activation="softmax")(x)
model = keras.Model(sound, speaker)

model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
stop = keras.callbacks.EarlyStopping(patience=10, restore_best_weights=True)
model.fit(x_train, y_train, batch_size=128, epochs=50, validation_split=0.1, callbacks=[stop], verbose=0)

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"test accuracy {accuracy:.4f}")
