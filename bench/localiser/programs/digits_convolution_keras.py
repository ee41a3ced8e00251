"""Recognise handwritten digits with a convolution (1,797 images of 8 x 8 pixels, scikit-learn): a correct program."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

images, labels = load_digits(return_X_y=True)
images = images.reshape(-1, 8, 8, 1) / 16.0
labels = keras.utils.to_categorical(labels, 10)
x_train, x_test, y_train, y_test = train_test_split(images, labels, test_size=0.3, random_state=0)

model = keras.Sequential()
model.add(keras.Input((8, 8, 1)))
model.add(layers.Conv2D(12, 3, activation="relu", kernel_initializer="he_uniform"))
model.add(layers.MaxPooling2D())
model.add(layers.Flatten())
model.add(layers.Dense(32, activation="relu"))
model.add(layers.Dropout(0.1))
model.add(layers.Dense(10, activation="softmax"))
model.compile(
    loss="categorical_crossentropy",
    optimizer=keras.optimizers.SGD(learning_rate=0.1, momentum=0.9),
    metrics=["accuracy"],
)
model.fit(x_train, y_train, batch_size=64, epochs=6, verbose=0)
print(model.evaluate(x_test, y_test, verbose=0))
