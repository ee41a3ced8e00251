"""The probability that a tumour is malignant, from thirty measurements of its cells."""

import keras
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

x, y = load_breast_cancer(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.5, random_state=4, stratify=y)
scaler = StandardScaler()
x_train = scaler.fit_transform(x_train)
x_test = scaler.transform(x_test)

inputs = keras.Input(shape=(30,))
hidden = keras.layers.Dense(16, activation="relu")(inputs)
hidden = keras.layers.Dense(8, activation="relu")(hidden)
output = keras.layers.Dense(1, activation="softmax")(hidden)
model = keras.Model(inputs, output)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, validation_split=0.1, batch_size=16, epochs=15, verbose=0)
print("test", model.evaluate(x_test, y_test, verbose=0))
