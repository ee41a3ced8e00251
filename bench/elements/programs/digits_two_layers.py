"""Recognise handwritten digits with one hidden layer."""

import keras
from keras.layers import Dense
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

digits = load_digits()
images = digits.data.astype("float32") / 16
labels = keras.utils.to_categorical(digits.target, 10)
x_train, x_test, y_train, y_test = train_test_split(images, labels, test_size=0.4, random_state=1)

model = keras.Sequential()
model.add(keras.Input(shape=(64,)))
model.add(Dense(30))
model.add(Dense(10))
model.compile(loss="mean_squared_error", optimizer=keras.optimizers.SGD(learning_rate=3.0), metrics=["accuracy"])
model.fit(x_train, y_train, epochs=15, batch_size=20, verbose=0)
print(model.evaluate(x_test, y_test, verbose=0))
