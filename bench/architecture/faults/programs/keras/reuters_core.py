"""Tell the topic of a newswire (Reuters, 46 topics) from the words it contains."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
from data import reuters
from keras.layers import Dense, Dropout
from keras.models import Sequential

(x_train, y_train), (x_test, y_test) = reuters()
x_train, x_test = x_train.astype("float32"), x_test.astype("float32")
y_train = keras.utils.to_categorical(y_train, 46)
y_test = keras.utils.to_categorical(y_test, 46)

model = Sequential()
model.add(keras.Input((1000,)))
model.add(Dense(64, activation="relu"))
model.add(Dropout(0.5))
model.add(Dense(46, activation="softmax"))

model.compile(
    loss="categorical_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=0.001), metrics=["accuracy"]
)
model.fit(x_train, y_train, epochs=3, batch_size=32, verbose=0)

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"test accuracy {accuracy:.4f}")
