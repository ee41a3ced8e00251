"""Three varieties of wheat by the shape of their kernels."""

import keras
import numpy as np
from keras.layers import Dense, Input

data = np.loadtxt("wheat-seeds.csv", delimiter=",")
np.random.seed(11)
np.random.shuffle(data)
X = (data[:, :7] - data[:, :7].mean(0)) / data[:, :7].std(0)
Y = keras.utils.to_categorical(data[:, 7] - 1, 3)

model = keras.Sequential([Input((7,)), Dense(20, activation="relu"), Dense(3, activation="sigmoid")])
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(X[:110], Y[:110], epochs=4, batch_size=10, verbose=0)
_, accuracy = model.evaluate(X[110:], Y[110:], verbose=0)
print(accuracy)
