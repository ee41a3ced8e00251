"""Tell three cultivars of wine apart with a deep sigmoid network and batch normalisation: a correct program."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
from keras.layers import Activation, BatchNormalization, Dense
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

x, y = load_wine(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.5, random_state=0, stratify=y)
scaler = StandardScaler().fit(x_train)
x_train, x_test = scaler.transform(x_train), scaler.transform(x_test)

model = keras.Sequential()
model.add(keras.Input((13,)))
for width in (24, 16):
    model.add(Dense(width, kernel_initializer="glorot_normal"))
    model.add(BatchNormalization())
    model.add(Activation("sigmoid"))
model.add(Dense(3, activation="softmax"))
model.compile(optimizer=keras.optimizers.Adam(0.02), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=15, batch_size=16, validation_data=(x_test, y_test), verbose=0)
