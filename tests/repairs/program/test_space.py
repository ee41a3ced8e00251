"""Assignments, patches and moves over the elements of a small program."""

import random

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.elements._find import find_all
from netmend.program.lint._examples import torch_program
from netmend.program.source import Program
from netmend.repairs.program.space import LEARNING_RATES, Space, moves_of, ranked, training_factor

TEXT = """\
import keras
from keras import layers

model = keras.Sequential([
    layers.Dense(8, activation="relu"),
    layers.Dropout(0.5),
    layers.Dense(1, activation="softmax"),
])
model.compile(optimizer=keras.optimizers.SGD(learning_rate=10.0), loss="binary_crossentropy")
model.fit(x, y, epochs=3, batch_size=64)
"""


@pytest.fixture
def space():
    program = Program.from_text(TEXT)
    return Space(program, find_all(program))


def one(space, kind, role=""):
    return next(e for e in space.elements if e.kind == kind and (not role or e.role == role))


def test_an_assignment_is_a_patch_of_the_users_text(space):
    rate, last = one(space, "learning-rate"), one(space, "activation", "output")
    patch = space.patch({rate.id: 0.01, last.id: "sigmoid"})
    text = patch.patched_program().main.text
    assert text == TEXT.replace("10.0", "0.01").replace('"softmax"', '"sigmoid"')
    assert patch.size == 2
    assert "softmax -> sigmoid" in patch.describe()


def test_a_value_that_stands_there_already_is_no_change(space):
    assert space.patch({one(space, "learning-rate").id: 10.0}).size == 0


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ("len(words)", "len(words) -> len(words) + 1"),
        ("len(a)\n    + len(b)", "len(a) + len(b) -> (len(a) + len(b)) + 1"),
        ("40", "40 -> 41"),
    ],
)
def test_where_what_stands_there_is_computed_what_is_written_is_shown(size, said):
    program = Program.from_text(torch_program(f"Embedding({size}, 8)", "Flatten()"))
    space = Space(program, find_all(program, crashed=True))
    element = one(space, "vocabulary-size")
    patch = space.patch({element.id: "+1" if element.value is None else 41})
    assert patch.describe() == f"vocabulary-size of Embedding: {said}"


def test_the_order_of_an_assignment_does_not_matter(space):
    rate, epochs = one(space, "learning-rate").id, one(space, "epochs").id
    assert space.patch({rate: 0.1, epochs: 9}).id == space.patch({epochs: 9, rate: 0.1}).id


def test_elements_read_as_they_would_in_the_patched_program(space):
    rate = one(space, "learning-rate")
    virtual = space.under({rate.id: 0.5})
    real = find_all(space.patch({rate.id: 0.5}).patched_program())
    assert [e.value for e in virtual] == [e.value for e in real]


def test_the_elements_of_a_removed_layer_are_gone(space):
    dropout = next(e for e in space.elements if e.kind == "layer" and e.value == "Dropout")
    left = space.under({dropout.id: None})
    assert not [e for e in left if e.layer == dropout.layer]
    assert "Dropout" not in space.patch({dropout.id: None}).patched_program().main.text


def test_random_steps_are_legal_near_and_reproducible(space):
    centre = {one(space, "learning-rate").id: 0.1}
    steps = [space.random(random.Random(seed), centre) for seed in range(60)]
    assert steps == [space.random(random.Random(seed), centre) for seed in range(60)]
    for step in steps:
        assert len(set(step) - set(centre)) <= 3
        for identity, value in step.items():
            if space.element(identity).kind == "learning-rate":
                assert LEARNING_RATES[0] <= value <= LEARNING_RATES[1]
    built = 0
    for step in steps:
        try:
            compile(space.patch(step).patched_program().main.text, "x", "exec")
            built += 1
        except Unchangeable:
            continue
    assert built > 40


def test_values_backed_by_several_sources_add_up(space):
    rate = one(space, "learning-rate")
    moves = moves_of(rate, 0.8, [(0.01, 0.5, "a"), (0.01, 0.6, "b"), (0.1, 0.5, "a"), (10.0, 0.9, "present")])
    scores = {move.value: move.score for move in moves}
    assert scores == {0.01: pytest.approx(0.8 * (1 - 0.5 * 0.4)), 0.1: pytest.approx(0.4)}
    assert next(move.reason for move in moves if move.value == 0.01) == "b"


def test_moves_are_ranked_best_first(space):
    rate, epochs = one(space, "learning-rate"), one(space, "epochs")
    moves = ranked([*moves_of(rate, 0.2, [(0.01, 0.5, "a")]), *moves_of(epochs, 0.9, [(30, 0.5, "b")])])
    assert [move.element.kind for move in moves] == ["epochs", "learning-rate"]


def test_an_optimiser_by_name_and_its_rate_change_together():
    program = Program.from_text(TEXT.replace("keras.optimizers.SGD(learning_rate=10.0)", '"sgd"'))
    space = Space(program, find_all(program))
    patch = space.patch({one(space, "optimiser").id: "adam", one(space, "learning-rate").id: 0.01})
    read = {e.kind: e.value for e in find_all(patch.patched_program())}
    assert (read["optimiser"], read["learning-rate"]) == ("adam", 0.01)


def test_random_steps_leave_what_is_only_reported_alone(space):
    steps = [space.random(random.Random(seed), {}) for seed in range(80)]
    assert not {"metric"} & {space.element(identity).kind for step in steps for identity in step}


def test_a_value_that_cannot_be_computed_is_shown_as_it_is_written():
    program = Program.from_text(TEXT.replace("10.0", 'json.load(open("config.json"))["rate"]'))
    space = Space(program, find_all(program))
    patch = space.patch({one(space, "learning-rate").id: 0.01})
    assert str(patch.changes[0]) == 'learning-rate of SGD: json.load(open("config.json"))["rate"] -> 0.01'


def test_how_much_longer_a_training_takes_is_the_ratio_of_its_updates(space):
    epochs, batch, rate = (one(space, kind).id for kind in ("epochs", "batch-size", "learning-rate"))
    for new_epochs, new_batch in ((6, 64), (3, 16), (1, 128)):
        updates = (new_epochs / new_batch) / (3 / 64)
        assert space.training_factor({epochs: new_epochs, batch: new_batch}) == pytest.approx(updates)
    assert space.training_factor({rate: 0.1}) == space.training_factor({}) == 1
    assert training_factor([("epochs", "3", "30"), ("loss", "a", "b")]) == 10
