"""Pictures of digits, a small convolutional network with dropout."""

import keras
from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

digits = load_digits()
x = digits.images[..., None] / 16
x_train, x_test, y_train, y_test = train_test_split(x, digits.target, test_size=0.4, random_state=5)

batch_size = 1000
epochs = 8

model = keras.Sequential()
model.add(keras.Input((8, 8, 1)))
model.add(Conv2D(16, (3, 3), activation="relu"))
model.add(MaxPooling2D((2, 2)))
model.add(Flatten())
model.add(Dense(32, activation="relu"))
model.add(Dropout(0.25))
model.add(Dense(10, activation="softmax"))
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=batch_size, epochs=epochs, verbose=0)
print(model.evaluate(x_test, y_test, verbose=0))
