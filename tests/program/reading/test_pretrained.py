import pytest

from netmend.program.reading.bindings import bindings_of
from netmend.program.reading.pretrained import loads_weights, trains_twice
from netmend.program.source import Program


def bindings(text):
    return bindings_of(Program.from_text(f"import keras, torch, torchvision\n{text}\n"))


@pytest.mark.parametrize(
    "text",
    [
        "model.load_state_dict(state)",
        "model = keras.models.load_model('a.keras')",
        "base = keras.applications.VGG16(include_top=False)",
        "base = torchvision.models.resnet18(weights='DEFAULT')",
        "layer = keras.layers.Embedding(9, 3, weights=[vectors])",
    ],
)
def test_calls_that_bring_in_trained_weights_are_seen(text):
    assert loads_weights(bindings(text))


@pytest.mark.parametrize(
    "text",
    [
        "x = torch.load('x.pt')",
        "base = keras.applications.VGG16(weights=None)",
        "base = torchvision.models.resnet18(pretrained=False)",
        "model = keras.Sequential()",
    ],
)
def test_data_and_untrained_networks_are_not(text):
    assert not loads_weights(bindings(text))


def test_two_trainings_are_told_from_one():
    fit = frozenset({"fit"})
    assert trains_twice(bindings("model.fit(x, y)\nmodel.fit(x, y)"), fit)
    assert not trains_twice(bindings("model.fit(x, y)\nmodel.evaluate(x, y)"), fit)


_TRAIN = "def train(model):\n    loss(model).backward()\n"


@pytest.mark.parametrize(
    ("text", "twice"),
    [
        (f"{_TRAIN}train(a)\ntrain(b)", True),
        (f"{_TRAIN}def pretrained():\n    train(a)\n    return a\nb = pretrained()\ntrain(b)", True),
        ("class Trainer:\n    def run(self):\n        loss().backward()\nt = Trainer()\nt.run()\nt.run()", True),
        (f"{_TRAIN}def main():\n    train(a)\nmain()", False),
        (f"{_TRAIN}for epoch in range(9):\n    train(a)\n    with torch.no_grad():\n        train(b)", False),
        (f"{_TRAIN}if debug:\n    pass", False),
    ],
)
def test_a_function_that_trains_counts_once_for_each_place_that_calls_it(text, twice):
    assert trains_twice(bindings(text), frozenset({"backward"})) is twice
