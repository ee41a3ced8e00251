"""Small pictures of digits seen by a convolution."""

import keras
from keras import layers
from sklearn.datasets import load_digits

pictures, labels = load_digits(return_X_y=True)
pictures = (pictures / 16).reshape(-1, 8, 8, 1)
train_x, test_x = pictures[:1100], pictures[1100:]
train_y, test_y = labels[:1100], labels[1100:]

model = keras.Sequential()
model.add(keras.Input((8, 8, 1)))
model.add(layers.Conv2D(12, (3, 3), activation="softmax"))
model.add(layers.MaxPooling2D(pool_size=(2, 2)))
model.add(layers.Flatten())
model.add(layers.Dense(32, activation="softmax"))
model.add(layers.Dense(10, activation="softmax"))
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(train_x, train_y, batch_size=256, epochs=8, verbose=0)
print(model.evaluate(test_x, test_y, verbose=0))
