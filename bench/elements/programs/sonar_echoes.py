"""Rocks and metal cylinders by their sonar echoes."""

import keras
import numpy as np

table = np.loadtxt("sonar.csv", delimiter=",", dtype=str)
table = table[np.random.RandomState(5).permutation(len(table))]
echoes = table[:, :60].astype("float32")
metal = (table[:, 60] == "M").astype("float32")

model = keras.Sequential(
    [
        keras.Input((60,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=0.5),
    loss="binary_crossentropy",
    metrics=["accuracy"],
)
model.fit(echoes[:110], metal[:110], epochs=40, batch_size=8, verbose=0)
print(model.evaluate(echoes[110:], metal[110:], verbose=0))
