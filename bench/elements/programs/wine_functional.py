"""Three cultivars of wine, a net with the functional interface."""

import keras
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

wine = load_wine()
x_train, x_test, y_train, y_test = train_test_split(
    wine.data, keras.utils.to_categorical(wine.target), test_size=0.5, random_state=3
)

a = keras.layers.Input((13,))
b = keras.layers.Dense(32, activation="relu")(a)
c = keras.layers.Dense(16, activation="relu")(b)
d = keras.layers.Dense(3, activation="softmax")(c)
model = keras.Model(inputs=a, outputs=d)
model.compile(loss="categorical_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=10, epochs=30, verbose=0)
print(model.evaluate(x_test, y_test, verbose=0))
