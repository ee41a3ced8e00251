from netmend.program.sequence.read import sequence_of
from netmend.program.sequence.vocabulary import KINDS
from netmend.program.source import Program
from netmend.repairs.program.infill._slots import FARTHEST, SYMBOLS, framing, slots, symbols, told

TEXT = """
import keras
from keras import layers
images, labels = load()
model = keras.Sequential([
    layers.Conv2D(8, 3, padding="same", activation="relu", input_shape=(28, 28, 1)),
    layers.Conv2D(8, 3),
    layers.Activation("tanh"),
    layers.Activation("relu"),
    layers.Flatten(),
    layers.Dense(10),
])
model.compile(optimizer="sgd", loss="mse", metrics=["mae"])
model.fit(images, labels, epochs=3)
"""
SEQUENCE = sequence_of(Program.from_text(TEXT))


def said(position):
    return f"{SEQUENCE.tokens[position].kind}={SEQUENCE.tokens[position].value}"


def test_a_layer_is_one_slot_with_what_it_says_and_every_other_token_one_by_itself():
    found = [tuple(said(position) for position in slot.positions) for slot in slots(SEQUENCE)]
    firsts = [each[0] for each in found if each[0].startswith(("layer", "activation"))]
    assert firsts == ["layer=Conv2D", "layer=Conv2D", "activation=relu", "layer=Flatten", "layer=Dense"]
    assert "activation=tanh" in found[2], "the first activation behind a layer belongs to it, the second to none"
    assert {"kernel-size=3", "padding=same", "activation=relu", "input-rank=3"} <= set(found[1])
    assert ("loss=mean_squared_error",) in found
    words = {position for position in range(len(SEQUENCE)) if SEQUENCE.tokens[position].kind.startswith("word")}
    everything = [position for slot in slots(SEQUENCE) for position in slot.positions]
    assert words and sorted(everything) == [each for each in range(len(SEQUENCE)) if each not in words]


def test_layers_know_their_part_and_how_far_they_are_from_both_ends():
    layers = [slot for slot in slots(SEQUENCE) if slot.number >= 0]
    assert [slot.number for slot in layers] == [0, 1, 2, 3, 4]
    assert layers[0].place == ("role=input", "start=0", "end=4")
    assert layers[-1].place == ("role=output", "start=4", "end=0")
    assert all(slot.place == () for slot in slots(SEQUENCE) if slot.number < 0)


def test_every_symbol_is_known():
    used = [symbol for slot in slots(SEQUENCE) for symbol in slot.place]
    used += [
        symbol for slot in slots(SEQUENCE) for position in slot.positions for symbol in symbols(SEQUENCE, position)
    ]
    used += [symbol for each in framing("torch") for symbol in each]
    assert set(used) <= set(SYMBOLS)
    assert len(SYMBOLS) == len(set(SYMBOLS))
    assert f"start={FARTHEST}" in SYMBOLS
    assert all(f"{kind}={value}" in SYMBOLS for kind, known in KINDS.items() for value in known.tokens)


def test_what_is_a_default_says_so():
    rate = SEQUENCE.positions("learning-rate")[0]
    assert symbols(SEQUENCE, rate) == ("learning-rate=0.01", "learning-rate*")
    assert symbols(SEQUENCE, SEQUENCE.positions("epochs")[0]) == ("epochs=3",)


def test_the_type_of_a_layer_is_told_by_its_arguments_and_by_an_activation_that_is_a_default():
    first, second, *_ = SEQUENCE.positions("layer")
    assert {said(position).split("=")[0] for position in told(SEQUENCE, first)} == {
        "input-rank", "input-width", "units", "kernel-size", "padding", "initialiser"
    }  # fmt: skip
    assert "activation=tanh" not in {said(position) for position in told(SEQUENCE, second)}
    dense = SEQUENCE.positions("layer")[-1]
    assert "activation=linear" in {said(position) for position in told(SEQUENCE, dense)}


def test_an_optimiser_is_told_by_its_default_rate():
    assert [said(position) for position in told(SEQUENCE, SEQUENCE.positions("optimiser")[0])] == ["learning-rate=0.01"]
    assert told(SEQUENCE, SEQUENCE.positions("loss")[0]) == ()
