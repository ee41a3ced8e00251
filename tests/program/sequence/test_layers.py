import pytest

from netmend.program.sequence.layers import keras_layer, stops, torch_layer
from netmend.program.source import Program

KERAS = """
import keras
from keras import layers
model = keras.Sequential([
    layers.Conv2D(8, (3, 3), padding="same", activation="relu", input_shape=(28, 28, 1)),
    layers.MaxPool2D(2),
    layers.Flatten(),
    layers.Dense(10),
    layers.Activation("softmax"),
])
model.compile(optimizer="adam", loss="categorical_crossentropy")
"""
TORCH = """
import torch
from torch import nn
import torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.second = nn.Linear(8 * 14 * 14, 10)
        self.first = nn.Conv2d(1, 8, kernel_size=3, padding=1)
        self.pool = nn.MaxPool2d(2)
    def forward(self, x):
        x = self.pool(F.relu(self.first(x)))
        return F.softmax(self.second(torch.flatten(x, 1)), dim=1)
model = Net()
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(3):
    loss = F.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
"""


def way(text):
    return stops(Program.from_text(text))


def test_both_frameworks_give_the_same_layers_in_the_order_of_computation():
    keras, is_torch = way(KERAS)
    assert not is_torch
    assert [stop.layer for stop in keras] == ["Conv2D", "MaxPooling2D", "Flatten", "Dense", ""]
    torch, is_torch = way(TORCH)
    assert is_torch
    # `forward` counts, not the order of `__init__`; functions are seen where they apply an activation.
    assert [stop.layer for stop in torch] == ["Conv2D", "", "MaxPooling2D", "Dense", ""]


def test_both_frameworks_give_the_same_facts():
    (keras, *_), _ = way(KERAS)
    (torch, *_), _ = way(TORCH)
    said = {kind: value for kind, value, _ in keras.facts}
    assert said == {"input-rank": 3, "input-width": 1, "kernel-size": 3, "padding": "same"}
    assert {kind: value for kind, value, _ in torch.facts} == said | {"units": 8}


@pytest.mark.parametrize(
    ("padding", "size", "expected"), [("0", 3, "valid"), ("1", 3, "same"), ("2", 5, "same"), ("1", 5, "other")]
)
def test_a_padding_of_pytorch_is_said_in_the_terms_of_keras(padding, size, expected):
    (first, *_), _ = way(TORCH.replace("kernel_size=3, padding=1", f"kernel_size={size}, padding={padding}"))
    assert ("padding", expected, True) in first.facts


def test_defaults_of_a_layer_are_marked():
    (first, *_), _ = way(KERAS.replace(' padding="same",', ""))
    assert ("padding", "valid", False) in first.facts


def test_what_a_wrapper_holds_follows_it():
    text = """
import keras
from keras import layers
model = keras.Sequential([layers.Embedding(10, 4), layers.Bidirectional(layers.LSTM(8, return_sequences=True)),
                          layers.Dense(1)])
model.compile(optimizer="adam", loss="mse")
"""
    found, _ = way(text)
    assert [stop.layer for stop in found] == ["Embedding", "Bidirectional", "LSTM", "Dense"]
    assert ("return-sequences", True, True) in found[2].facts


def test_a_recurrence_of_pytorch_in_both_directions_is_a_wrapper_too():
    text = TORCH.replace("nn.Conv2d(1, 8, kernel_size=3, padding=1)", "nn.LSTM(4, 8, bidirectional=True)")
    found, _ = way(text)
    assert [stop.layer for stop in found][:2] == ["Bidirectional", "LSTM"]


def test_an_activation_that_is_returned_beside_its_input_is_not_the_outputs():
    text = TORCH.replace(
        "        return F.softmax(self.second(torch.flatten(x, 1)), dim=1)",
        "        logits = self.second(torch.flatten(x, 1))\n"
        "        probabilities = F.softmax(logits, dim=1)\n        return logits, probabilities",
    )
    found, _ = way(text)
    assert found[-1].facts == (("activation", "linear", False),)
    assert way(TORCH)[0][-1].facts == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("MaxPool2D", "MaxPooling2D"), ("Convolution2D", "Conv2D"), ("CuDNNLSTM", "LSTM"), ("Dense", "Dense"),
     ("GlobalAvgPool1D", "GlobalAveragePooling1D"), ("Deconvolution2D", "Conv2DTranspose"), ("Mystery", "")],
)  # fmt: skip
def test_names_of_older_versions_of_keras_are_todays(name, expected):
    assert keras_layer(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Linear", "Dense"), ("LazyLinear", "Dense"), ("ConvTranspose2d", "Conv2DTranspose"), ("Dropout", "Dropout"),
     ("BatchNorm1d", "BatchNormalization"), ("AdaptiveAvgPool2d", "GlobalAveragePooling2D"), ("LSTM", "LSTM"),
     ("Dropout2d", "SpatialDropout2D"), ("PixelShuffle", "")],
)  # fmt: skip
def test_modules_of_pytorch_carry_the_names_of_keras(name, expected):
    assert torch_layer(name) == expected
