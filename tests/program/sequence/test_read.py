from netmend.program.elements._find import find_all
from netmend.program.sequence.read import AFTER, MOST_AFTER, MOST_BEFORE, WORD, sequence_of
from netmend.program.source import Program

KERAS = """
import keras
from keras import layers
images, labels = load_mnist()
images = images / 255
model = keras.Sequential([
    layers.Dense(64, activation="relu"),
    layers.Dropout(0.3),
    layers.Dense(10, activation="softmax"),
])
model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(images, labels, epochs=20)
draw_curves(history)
"""
TORCH = """
import torch
from torch import nn
from torch.utils.data import DataLoader
loader = DataLoader(load_mnist(), batch_size=32, shuffle=True)
model = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
criterion = nn.CrossEntropyLoss()
for epoch in range(20):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
"""
MLP = [
    "layer=Dense", "units=64", "initialiser=default*", "activation=relu", "layer=Dropout", "dropout-rate=0.3",
    "layer=Dense", "units=10", "initialiser=default*",
]  # fmt: skip


def said(text, words=False):
    sequence = sequence_of(Program.from_text(text))
    return [
        f"{token.kind}={token.value}{'' if token.given else '*'}"
        for token in sequence.tokens
        if words or token.kind not in (WORD, AFTER)
    ]


def test_a_keras_program_is_said_from_data_to_training_with_its_defaults_marked():
    assert said(KERAS) == [
        "input-scaling=divide(255)", *MLP, "activation=softmax", "optimiser=sgd", "learning-rate=0.01*",
        "loss=sparse_categorical_crossentropy", "metric=accuracy", "epochs=20", "batch-size=32*",
    ]  # fmt: skip


def test_a_pytorch_program_is_said_in_the_same_words():
    assert said(TORCH) == [
        "input-scaling=none*", "layer=Dense", "input-rank=1", "input-width=784", *MLP[1:], "activation=linear*",
        "optimiser=sgd", "learning-rate=0.01", "loss=sparse_categorical_crossentropy(from_logits)", "epochs=20",
        "batch-size=32", "shuffling=true",
    ]  # fmt: skip


def test_words_before_the_last_layer_and_after_it_are_told_apart():
    sequence = sequence_of(Program.from_text(KERAS))
    before = [token.value for token in sequence.tokens if token.kind == WORD]
    after = [token.value for token in sequence.tokens if token.kind == AFTER]
    assert before[:4] == ["images", "labels", "load", "mnist"]
    assert "curves" in after
    assert "curves" not in before


def test_there_are_only_so_many_words_and_the_nearest_are_kept():
    names = [f"{chr(97 + n // 26)}{chr(97 + n % 26)}b" for n in range(200)]
    many = "".join(f"{name} = 1\n" for name in names)
    sequence = sequence_of(Program.from_text(many + KERAS + many))
    before = [token.value for token in sequence.tokens if token.kind == WORD]
    assert len(before) == MOST_BEFORE
    assert "mnist" in before
    assert len(sequence.positions(AFTER)) == MOST_AFTER


def test_tokens_lead_back_to_the_elements_of_the_program():
    program = Program.from_text(KERAS)
    elements = {element.id: element for element in find_all(program)}
    sequence = sequence_of(program)
    for token in sequence.tokens:
        if token.element:
            assert elements[token.element].kind == token.kind
            assert elements[token.element].absent != token.given
    assert all(sequence.tokens[at].element for at in sequence.positions("activation", "loss", "epochs", "batch-size"))


def test_tokens_of_a_layer_have_its_role():
    sequence = sequence_of(Program.from_text(KERAS))
    roles = [sequence.roles[at] for at in sequence.positions("activation")]
    assert roles == ["input", "output"]
    assert all(sequence.roles[at] == "" for at in sequence.positions("loss", WORD))


def test_a_layer_in_a_loop_is_said_a_few_times():
    text = KERAS.replace("model = keras.Sequential([", "model = keras.Sequential()\nfor _ in range(40):\n"
                         '    model.add(layers.Dense(16, activation="tanh"))\nfor each in ([')  # fmt: skip
    text = text.replace("])\nmodel.compile", "]):\n    model.add(each)\nmodel.compile")
    assert said(text).count("activation=tanh") == 3


def test_a_constant_that_two_layers_share_is_said_at_both():
    text = TORCH.replace("64", "width").replace("model =", "width = 48\nmodel =").replace(
        "nn.Linear(width, 10)", "nn.Linear(width, width), nn.Linear(width, 10)"
    )  # fmt: skip
    assert said(text).count("units=48") == 2


def test_a_program_without_layers_or_training_has_no_sequence():
    assert sequence_of(Program.from_text("import keras\nprint(1)\n")) is None
    assert sequence_of(Program.from_text("import keras\nmodel = keras.Sequential([keras.layers.Dense(1)])\n")) is None
    only_dropout = "import keras\nmodel = keras.Sequential([keras.layers.Dropout(0.1)])\nmodel.compile(loss='mse')\n"
    assert sequence_of(Program.from_text(only_dropout)) is None
