"""Tell malignant from benign tumours (569 patients, 30 measurements, scikit-learn)."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

from keras.layers import Activation, Dense, Dropout
from keras.models import Sequential
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

features, malignant = load_breast_cancer(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(features, malignant, test_size=0.3, random_state=0)
scaler = StandardScaler().fit(x_train)

model = Sequential()
model.add(Dense(16, input_shape=(30,)))
model.add(Activation("relu"))
model.add(Dropout(0.2))
model.add(Dense(1))
model.add(Activation("softmax"))
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])

model.fit(
    scaler.transform(x_train),
    y_train,
    epochs=10,
    validation_data=(scaler.transform(x_test), y_test),
    verbose=0,
)
