import json

import numpy as np
import pytest

from netmend.core.errors import EnvironmentFault
from netmend.program.sequence.read import sequence_of
from netmend.program.sequence.vocabulary import ELEMENTS, KINDS, UNKNOWN
from netmend.program.source import Program
from netmend.repairs.program.infill import encoder
from netmend.repairs.program.infill._base import hidden
from netmend.repairs.program.infill._safetensors import write
from netmend.repairs.program.infill._slots import SYMBOLS

TEXT = """
import keras
from keras import layers
images, labels = load_digits()
model = keras.Sequential([{hidden} layers.Dense(10, activation="{activation}")])
model.compile(optimizer="{optimiser}", loss="{loss}", metrics=["accuracy"])
model.fit(images, labels, epochs=3, batch_size=64)
"""
CONVOLUTION = 'layers.Conv2D(8, 3, padding="same", activation="relu"), layers.MaxPooling2D(), layers.Flatten(),'


def program(hidden=CONVOLUTION, activation="softmax", optimiser="sgd", loss="sparse_categorical_crossentropy"):
    text = TEXT.format(hidden=hidden, activation=activation, optimiser=optimiser, loss=loss)
    return sequence_of(Program.from_text(text))


SEQUENCE = program()


def arrays(width=12, heads=3, layers=2, near=4, words=3, seed=0):
    """Weights of a small encoder that has learned nothing."""
    random = np.random.default_rng(seed)
    shapes = {
        "symbols": (len(SYMBOLS), width), "words": (words, width), "notice": (words, heads), "likely": (len(SYMBOLS),)
    }  # fmt: skip
    linear = {"said": (width, width), "head": (width, width)}
    norms = ["norm"]
    for block in range(layers):
        linear |= {f"blocks.{block}.qkv": (3 * width, width), f"blocks.{block}.out": (width, width)}
        linear |= {f"blocks.{block}.up": (2 * width, width), f"blocks.{block}.down": (width, 2 * width)}
        norms += [f"blocks.{block}.norm1", f"blocks.{block}.norm2"]
        shapes[f"blocks.{block}.bias"] = (heads, 2 * near + 4)
    for name, shape in linear.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    for name in norms:
        shapes |= {f"{name}.weight": (width,), f"{name}.bias": (width,)}
    return {name: random.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}


def made(*seeds):
    numbers = {symbol: number for number, symbol in enumerate(SYMBOLS)}
    return encoder.Encoder(tuple(arrays(seed=seed) for seed in seeds), numbers, {"images": 1, "digits": 2})


def chances(scorer, sequence, position):
    return np.exp(scorer.log_probabilities(sequence, position, KINDS[sequence.tokens[position].kind].tokens))


@pytest.mark.parametrize("kind", [*ELEMENTS, "units", "input-scaling"])
def test_the_chances_of_a_kind_s_values_add_up_to_one(kind):
    for position in SEQUENCE.positions(kind):
        found = chances(made(0), SEQUENCE, position)
        assert found.sum() == pytest.approx(1)
        assert found[KINDS[kind].index(UNKNOWN)] < 1e-6


def test_what_stands_at_a_place_does_not_change_what_is_said_of_it():
    scorer = made(0)
    for kind, other in (
        ("activation", program(activation="relu")),
        ("loss", program(loss="mse")),
        ("optimiser", program(optimiser="adam")),
    ):
        position = SEQUENCE.positions(kind)[-1]
        assert SEQUENCE.tokens[position] != other.tokens[position]
        assert chances(scorer, SEQUENCE, position) == pytest.approx(chances(scorer, other, position), rel=1e-4)


def test_the_arguments_of_a_layer_do_not_tell_its_type():
    scorer = made(0)
    convolution, dense = (program(hidden=each) for each in ("layers.Conv2D(8, 3),", "layers.Dense(16),"))
    assert len(convolution) != len(dense)
    one, other = (chances(scorer, each, each.positions("layer")[0]) for each in (convolution, dense))
    assert one == pytest.approx(other, rel=1e-4)


def test_all_else_changes_what_is_said():
    scorer = made(0)
    loss = SEQUENCE.positions("loss")[0]
    other = program(activation="sigmoid")
    assert not np.allclose(chances(scorer, SEQUENCE, loss), chances(scorer, other, loss), rtol=1e-3)


def test_members_answer_with_the_mean_of_their_chances():
    position = SEQUENCE.positions("loss")[0]
    one, two, both = (chances(made(*seeds), SEQUENCE, position) for seeds in ((0,), (1,), (0, 1)))
    assert both == pytest.approx((one + two) / 2, abs=1e-6)


def test_holes_asked_together_are_answered_as_if_asked_alone():
    scorer = made(0)
    positions = SEQUENCE.positions(*ELEMENTS)
    together = scorer.answers(SEQUENCE, positions)
    alone = np.concatenate([scorer.answers(SEQUENCE, [position]) for position in positions], 1)
    assert together == pytest.approx(alone, abs=1e-3)


def test_candidates_are_answered_in_their_order():
    position = SEQUENCE.positions("optimiser")[0]
    found = made(0).log_probabilities(SEQUENCE, position, ["sgd", "adam"])
    assert list(found) == list(reversed(made(0).log_probabilities(SEQUENCE, position, ["adam", "sgd"])))


def test_words_and_values_that_it_has_not_learned_are_no_error():
    known = {symbol: number for symbol, number in zip(SYMBOLS, range(len(SYMBOLS)), strict=True) if "sgd" not in symbol}
    scorer = encoder.Encoder((arrays(),), known, {})
    found = chances(scorer, SEQUENCE, SEQUENCE.positions("optimiser")[0])
    assert found[KINDS["optimiser"].index("sgd")] < 1e-6
    assert np.isfinite(chances(scorer, SEQUENCE, SEQUENCE.positions("loss")[0])).all()


@pytest.mark.torch
def test_it_computes_what_the_network_that_was_trained_computes():
    torch = pytest.importorskip("torch")
    masking, network = pytest.importorskip("bench.elements.masking"), pytest.importorskip("bench.elements.network")
    trained = network.Encoder(network.Size(12, 2, 3, 24, 3), 0.0)
    with torch.no_grad():
        for each in trained.parameters():
            each.normal_(0, 0.5, generator=torch.Generator().manual_seed(each.numel()))
    weights = {name: value.numpy() for name, value in trained.eval().state_dict().items()}
    words = {"images": 1, "digits": 2}
    scorer = encoder.Encoder((weights,), {symbol: number for number, symbol in enumerate(SYMBOLS)}, words)
    for sequence in (SEQUENCE, program(hidden=CONVOLUTION * 8), program(hidden="")):
        prepared = masking.prepared(sequence, words)
        positions = [int(each) for each in prepared.positions]
        batch = masking.batch_of([masking.asked(prepared, facet) for facet in range(len(positions))])
        with torch.no_grad():
            expected = trained(batch).numpy()
        assert scorer.answers(sequence, positions)[0] == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_the_encoder_that_comes_with_the_package_knows_what_goes_with_what():
    scorer = encoder.read()
    loss = SEQUENCE.positions("loss")[0]
    binary = program(hidden="layers.Flatten(),", activation="sigmoid")
    crossentropies = ["sparse_categorical_crossentropy", "binary_crossentropy"]
    classes, two = (
        scorer.log_probabilities(each, each.positions("loss")[0], crossentropies) for each in (SEQUENCE, binary)
    )
    assert classes[0] - classes[1] > two[0] - two[1] + 1
    assert hidden(SEQUENCE, loss).tokens[loss].value == UNKNOWN


@pytest.mark.parametrize("text", [{}, {"format": "0"}, {"format": encoder.FORMAT, "symbols": "["}])
def test_a_file_that_is_no_encoder_is_refused_with_what_to_do(text, tmp_path):
    write(
        tmp_path / "e.safetensors",
        {},
        {key: json.dumps(value) if key != "format" else value for key, value in text.items()},
    )
    with pytest.raises(EnvironmentFault, match="cannot be read"):
        encoder.read(tmp_path / "e.safetensors")
    with pytest.raises(EnvironmentFault):
        encoder.read(tmp_path / "none.safetensors")
