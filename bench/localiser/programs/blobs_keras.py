"""Tell five clouds of points in eight dimensions apart, scikit-learn, 1,200 rows: a correct program."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split

x, y = make_classification(
    1200, n_features=8, n_informative=6, n_classes=5, n_clusters_per_class=1, class_sep=1.5, random_state=3
)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.4, random_state=0, stratify=y)

model = keras.Sequential(
    [
        keras.Input((8,)),
        keras.layers.Dense(40, activation="relu", kernel_initializer="he_normal"),
        keras.layers.Dense(20, activation="relu", kernel_initializer="he_normal"),
        keras.layers.Dense(5),
    ]
)
model.compile(
    optimizer="adam",
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(x_train, y_train, epochs=12, batch_size=16, verbose=0)
print(model.evaluate(x_test, y_test, verbose=0))
