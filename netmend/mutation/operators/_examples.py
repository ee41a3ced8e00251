"""The programs that operators' examples are made of: a correct one of each framework, in parts."""

from __future__ import annotations


def keras(
    hidden: str = 'layers.Dense(16, activation="relu")',
    output: str = 'layers.Dense(3, activation="softmax")',
    optimizer: str = "keras.optimizers.Adam(learning_rate=0.01)",
    loss: str = "sparse_categorical_crossentropy",
    fit: str = "x_train, y_train, batch_size=16, epochs=20",
    imports: str = "",
    before_fit: str = "",
) -> str:
    """A classifier of three classes in Keras."""
    return (
        "import keras\n"
        f"from keras import layers\n{imports}"
        "from data import x_train, y_train\n\n"
        "model = keras.Sequential([\n"
        "    keras.Input((4,)),\n"
        f"    {hidden},\n"
        f"    {output},\n"
        "])\n"
        f'model.compile(optimizer={optimizer}, loss="{loss}")\n'
        f"{before_fit}"
        f"model.fit({fit})\n"
    )


def torch(
    hidden: str = "nn.Linear(4, 16)",
    activation: str = "nn.ReLU(), ",
    optimizer: str = "Adam(model.parameters(), lr=0.01)",
    criterion: str = "nn.CrossEntropyLoss()",
    epochs: int = 20,
    after_model: str = "",
    before_loop: str = "",
    before_step: str = "",
    imports: str = "",
) -> str:
    """A classifier of three classes in PyTorch."""
    return (
        "import torch\n"
        f"from torch import nn\n{imports}"
        "from data import x_train, y_train\n\n"
        f"model = nn.Sequential({hidden}, {activation}nn.Linear(16, 3))\n{after_model}"
        f"criterion = {criterion}\n"
        f"optimizer = torch.optim.{optimizer}\n"
        f"{before_loop}"
        f"for epoch in range({epochs}):\n"
        "    optimizer.zero_grad()\n"
        "    loss = criterion(model(x_train), y_train)\n"
        "    loss.backward()\n"
        f"{before_step}"
        "    optimizer.step()\n"
    )
