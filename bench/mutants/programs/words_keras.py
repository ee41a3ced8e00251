"""Tell three topics apart by the words of short generated texts: a correct program."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np

WORDS, LENGTH = 300, 20
rng = np.random.default_rng(8)
topics = rng.integers(0, 3, 2000)
habits = rng.dirichlet(np.full(WORDS, 0.3), size=3) * 0.35 + rng.dirichlet(np.full(WORDS, 2.0)) * 0.65
texts = np.stack([rng.choice(WORDS, LENGTH, p=habits[topic]) for topic in topics])
x_train, y_train, x_test, y_test = texts[:1200], topics[:1200], texts[1200:], topics[1200:]

inputs = keras.Input((LENGTH,))
words = keras.layers.Embedding(WORDS, 24)(inputs)
summary = keras.layers.GlobalAveragePooling1D()(words)
hidden = keras.layers.Dense(32, activation="relu")(summary)
outputs = keras.layers.Dense(3, activation="softmax")(hidden)
model = keras.Model(inputs, outputs)
model.compile(
    optimizer=keras.optimizers.RMSprop(learning_rate=0.005), loss="sparse_categorical_crossentropy", metrics=["accuracy"]
)
model.fit(x_train, y_train, epochs=15, batch_size=32, verbose=0)
print(model.evaluate(x_test, y_test, verbose=0))
