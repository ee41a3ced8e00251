"""Tell forged banknotes from genuine ones by four figures of their wavelet transform."""

import numpy as np
from keras import Sequential, layers, optimizers

table = np.loadtxt("banknote_authentication.csv", delimiter=",")
np.random.default_rng(3).shuffle(table)
features, forged = table[:, :4], table[:, 4]
features = (features - features.mean(axis=0)) / features.std(axis=0)
train, test = slice(0, 800), slice(800, None)

net = Sequential(
    [
        layers.Input((4,)),
        layers.Dense(16, activation="sigmoid"),
        layers.Dense(8, activation="sigmoid"),
        layers.Dense(1, activation="linear"),
    ]
)
net.compile(optimizer=optimizers.SGD(learning_rate=0.0001), loss="mean_absolute_error", metrics=["accuracy"])
net.fit(features[train], forged[train], batch_size=32, epochs=25, verbose=0)
loss, accuracy = net.evaluate(features[test], forged[test], verbose=0)
print(f"accuracy {accuracy:.3f}")
