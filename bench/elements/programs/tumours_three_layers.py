"""Malignant or benign: a net of three layers."""

import keras
from keras.layers import Dense
from sklearn.datasets import load_breast_cancer

cells, malignant = load_breast_cancer(return_X_y=True)
cells = (cells - cells.mean(0)) / cells.std(0)

model = keras.Sequential()
model.add(keras.Input((30,)))
model.add(Dense(16, activation="relu"))
model.add(Dense(8, activation="relu"))
model.add(Dense(1, activation="relu"))
model.compile(loss="mean_absolute_percentage_error", optimizer=keras.optimizers.Adam(0.01), metrics=["accuracy"])
model.fit(cells[:300], malignant[:300], epochs=15, batch_size=15, verbose=0)
print(model.evaluate(cells[300:], malignant[300:], verbose=0))
