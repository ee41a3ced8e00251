"""Handwritten digits through three layers."""

from keras import Sequential
from keras.layers import Activation, Dense, Input
from sklearn.datasets import load_digits

digits = load_digits()
X = digits.data / 16.0
Y = digits.target

model = Sequential()
model.add(Input((64,)))
model.add(Dense(32))
model.add(Activation("softmax"))
model.add(Dense(32))
model.add(Activation("softmax"))
model.add(Dense(10))
model.add(Activation("softmax"))
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(X[:1000], Y[:1000], epochs=15, batch_size=32, verbose=0)
score = model.evaluate(X[1000:], Y[1000:], verbose=0)
print("Test accuracy:", score[1])
