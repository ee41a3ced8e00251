"""How far diabetes has progressed after a year."""

import keras
from sklearn.datasets import load_diabetes

features, progress = load_diabetes(return_X_y=True, scaled=True)
features = features * 20
progress = progress / 100

model = keras.Sequential([keras.Input((10,)), keras.layers.Dense(20, activation="relu"), keras.layers.Dense(1)])
model.compile(loss="hinge", optimizer="adam", metrics=["accuracy"])
model.fit(features[:260], progress[:260], epochs=25, batch_size=10, verbose=0)
print(model.evaluate(features[260:], progress[260:], verbose=0))
