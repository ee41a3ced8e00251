"""Tell malignant from benign tumours (569 patients, 30 measurements, scikit-learn): a correct program."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
from keras.layers import Dense, Dropout
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

x, y = load_breast_cancer(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.4, random_state=0, stratify=y)
scaler = StandardScaler().fit(x_train)
x_train, x_test = scaler.transform(x_train), scaler.transform(x_test)

model = keras.Sequential(
    [
        keras.Input((30,)),
        Dense(24, activation="relu", kernel_regularizer=keras.regularizers.l2(0.0005)),
        Dropout(0.3),
        Dense(12, activation="relu"),
        Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.RMSprop(0.005), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=10, batch_size=32, validation_data=(x_test, y_test), verbose=0)
