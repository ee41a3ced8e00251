"""Three cultivars of wine by chemical analysis."""

import keras
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, random_state=2, stratify=y)

model = keras.Sequential()
model.add(keras.Input((13,)))
model.add(keras.layers.Dense(16, activation="tanh"))
model.add(keras.layers.Dense(3, activation="softmax"))
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(X_train, y_train, epochs=60, batch_size=8, verbose=0)
print(model.evaluate(X_test, y_test, verbose=0))
