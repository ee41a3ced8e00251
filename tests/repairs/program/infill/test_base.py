import pytest

from netmend.program.elements import loss
from netmend.program.sequence.read import Sequence, Token, sequence_of
from netmend.program.sequence.vocabulary import ELEMENTS, KINDS, UNKNOWN
from netmend.program.source import Program
from netmend.repairs.program.infill._base import candidates, hidden

TEXT = """
import keras
from keras import layers
model = keras.Sequential([layers.Conv2D(8, 3, activation="relu", input_shape=(9, 9, 1)), layers.Dense(1)])
model.compile(optimizer={optimiser}, loss="mse")
model.fit(x, y, epochs=5)
"""


def sequence(optimiser='"adam"'):
    return sequence_of(Program.from_text(TEXT.format(optimiser=optimiser)))


def changed(before, after):
    return [
        (one.kind, one.value)
        for one, other in zip(before.tokens, after.tokens, strict=True)
        if one != other and other.value == UNKNOWN
    ]


def test_a_value_is_hidden_by_itself():
    before = sequence()
    after = hidden(before, before.positions("epochs")[0])
    assert changed(before, after) == [("epochs", "5")]
    assert after.roles == before.roles


def test_with_the_type_of_a_layer_all_that_would_tell_it_is_hidden():
    before = sequence()
    after = hidden(before, before.positions("layer")[0])
    assert changed(before, after) == [
        ("layer", "Conv2D"), ("input-rank", "3"), ("input-width", "1"), ("units", "8"), ("kernel-size", "3"),
        ("padding", "valid"), ("initialiser", "default"),
    ]  # fmt: skip


def test_with_an_optimiser_its_default_rate_is_hidden_and_a_written_one_is_not():
    before = sequence()
    assert changed(before, hidden(before, before.positions("optimiser")[0])) == [
        ("optimiser", "adam"), ("learning-rate", "0.001"),
    ]  # fmt: skip
    before = sequence("keras.optimizers.Adam(0.01)")
    assert changed(before, hidden(before, before.positions("optimiser")[0])) == [("optimiser", "adam")]


@pytest.mark.parametrize("kind", ELEMENTS)
@pytest.mark.parametrize("framework", ["keras", "torch"])
def test_candidates_are_values_of_the_vocabulary_that_the_framework_has(kind, framework):
    found = candidates(kind, framework)
    assert set(found) <= set(KINDS[kind].values)
    assert found or (kind, framework) == ("metric", "torch")
    if kind == "loss":
        assert set(found) == set(loss.VALUES[framework])


def test_a_token_that_stands_alone_is_hidden():
    alone = Sequence("keras", (Token("loss", "mean_squared_error"),), ("",))
    assert hidden(alone, 0).tokens[0].value == UNKNOWN
