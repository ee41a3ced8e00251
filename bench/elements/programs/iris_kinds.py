"""Three kinds of iris by the size of their petals and sepals."""

import keras
from keras.layers import Activation, Dense
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split

x, y = load_iris(return_X_y=True)
x = (x - x.mean(axis=0)) / x.std(axis=0)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.5, random_state=0, stratify=y)

model = keras.Sequential()
model.add(keras.Input((4,)))
model.add(Dense(16))
model.add(Activation("softmax"))
model.add(Dense(3))
model.add(Activation("relu"))
model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.Adam(0.01), metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=5, epochs=20, verbose=0)
print(model.evaluate(x_test, y_test, verbose=0))
