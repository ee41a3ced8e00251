"""The programs that operators' examples are made of."""

from __future__ import annotations


def keras(
    *layers: str,
    loss: str = "sparse_categorical_crossentropy",
    optimizer: str = "keras.optimizers.Adam(learning_rate=0.001)",
    fit: str = "epochs=30, batch_size=32",
) -> str:
    """A Sequential model of the given layers; by default the healthy classifier of the symptoms' examples."""
    stack = layers or ('layers.Dense(64, activation="relu")', 'layers.Dense(10, activation="softmax")')
    lines = "".join(f"    {layer},\n" for layer in stack)
    return (
        "import keras\nfrom keras import layers\nfrom data import x, y\n\n"
        f"model = keras.Sequential([\n    layers.Input((64,)),\n{lines}])\n"
        f'model.compile(optimizer={optimizer}, loss="{loss}")\n'
        f"model.fit(x, y, {fit})\n"
    )
