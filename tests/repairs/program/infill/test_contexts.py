import pytest

from netmend.program.sequence.read import Sequence, Token, sequence_of
from netmend.program.sequence.vocabulary import ELEMENTS
from netmend.program.source import Program
from netmend.repairs.program.infill._base import hidden
from netmend.repairs.program.infill._contexts import contexts

TEXT = """
import keras
from keras import layers
model = keras.Sequential([
    layers.Dense(16, activation="tanh", kernel_initializer="he_normal"),
    layers.Dropout(0.1),
    layers.Dense(16, activation="tanh"),
    layers.Dense(1, activation="sigmoid"),
])
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=5, batch_size=32)
"""


@pytest.fixture
def sequence():
    return sequence_of(Program.from_text(TEXT))


def last(sequence, kind, number=0):
    return contexts(sequence, sequence.positions(kind)[number])[-1]


def test_the_last_context_says_what_a_value_depends_on_most(sequence):
    assert last(sequence, "activation") == ("input", "Dense", "tanh", "Dense")
    assert last(sequence, "activation", 2) == ("output", "1", "binary_crossentropy", "accuracy")
    assert last(sequence, "loss") == ("keras", "sigmoid", "1", "accuracy", "-")
    assert last(sequence, "optimiser") == ("keras", "0.01", "-", "Dense")
    assert last(sequence, "learning-rate") == ("adam", "keras", "Dense", "-")
    assert last(sequence, "metric") == ("binary_crossentropy", "1", "-")
    assert last(sequence, "epochs") == ("keras", "Dense", "32")
    assert last(sequence, "batch-size") == ("keras", "Dense", "5")
    assert last(sequence, "initialiser") == ("Dense", "tanh", "default")


def test_neighbours_of_a_layer_are_in_order(sequence):
    assert last(sequence, "layer", 0) == ("-", "-", "Dropout", "activated", "-", "Dense", "-", "Dense")
    assert last(sequence, "layer", 1) == ("-", "Dense", "Dense", "-", "-", "Dense", "-", "-")
    assert last(sequence, "layer", 2) == ("Dense", "Dropout", "Dense", "activated", "-", "-", "-", "-")


def test_a_layer_is_compared_with_those_between_the_same_neighbours():
    layers = "Dense", "Dropout", "BatchNormalization", "Dense", "Dropout", "BatchNormalization", "Dense", "Flatten"
    tokens = tuple(Token("layer", value) for value in layers)
    sequence = Sequence("keras", tokens, ("hidden",) * len(layers))
    repeated = [last(sequence, "layer", number)[4] for number in range(len(layers))]
    assert repeated == ["-", "Dropout", "BatchNormalization", "-", "Dropout", "BatchNormalization", "-", "-"]


def test_an_activation_that_is_a_default_tells_nothing_of_its_layer():
    sequence = sequence_of(Program.from_text(TEXT.replace(', activation="tanh"', "")))
    assert any(token.kind == "activation" and not token.given for token in sequence.tokens)
    assert last(sequence, "layer", 0)[3] == "-"


def test_contexts_grow_from_nothing(sequence):
    for position in sequence.positions(*ELEMENTS):
        chain = contexts(sequence, position)
        assert chain[0] == ()
        assert [len(each) for each in chain] == sorted(len(each) for each in chain)


def test_what_stands_at_a_position_is_in_none_of_its_contexts(sequence):
    for position in sequence.positions(*ELEMENTS):
        assert contexts(hidden(sequence, position), position) == contexts(
            hidden(hidden(sequence, position), position), position
        )
        if sequence.tokens[position].kind not in ("layer", "optimiser"):
            assert contexts(hidden(sequence, position), position) == contexts(sequence, position)
