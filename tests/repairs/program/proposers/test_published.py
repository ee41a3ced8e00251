"""The published space, entry by entry, against the paper's own words."""

import random

import pytest

from netmend.repairs.program.proposers._published import published_box

HIDDEN = 'Dense(20, activation="relu")'
FAULTY = (HIDDEN, HIDDEN.replace("20", "30"), 'Dense(10, activation="softmax")')


@pytest.fixture
def box(start, text):
    def make(*layers, seed=0, **more):
        return published_box(start(text(*(layers or FAULTY), **more), as_published=True, seed=seed))

    return make


def by_kind(found, kind):
    return [entry for entry in found.entries if entry.element.kind == kind]


def values(entry):
    return {value for place in entry.dimension.choices for value in (entry.assign(place) or {"": None}).values()}


def test_learning_rates_are_even_from_a_millionth_to_ten(box):
    (rate,) = by_kind(box(), "learning-rate")
    assert (rate.dimension.low, rate.dimension.high, rate.dimension.log) == (1e-6, 10.0, False)


def test_categorical_entries_have_as_many_candidates_as_the_paper_says(box):
    found = box(optimizer='"adam"', loss='"hinge"', fit="epochs=3, batch_size=64")
    counts = {
        kind: {len(values(entry)) for entry in by_kind(found, kind)}
        for kind in ("loss", "batch-size", "optimiser", "activation", "initialiser")
    }
    assert counts == {"loss": {13}, "batch-size": {6}, "optimiser": {7}, "activation": {11}, "initialiser": {13}}
    assert len(by_kind(found, "activation")) == len(by_kind(found, "initialiser")) == 3


def test_the_present_value_belongs_to_the_space_even_if_the_paper_lacks_it(box):
    (batch,) = by_kind(box(fit="epochs=3, batch_size=1000"), "batch-size")
    assert set(batch.dimension.choices) == {1000, 16, 32, 64, 128, 256, 512}


@pytest.mark.parametrize("epochs", [1, 2, 5, 50])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_epochs_are_powers_of_a_factor_that_is_drawn_once(box, epochs, seed):
    entries = by_kind(box(fit=f"epochs={epochs}", seed=seed), "epochs")
    factor = 1.1 + 0.2 * random.Random(seed).random()
    expected = {epochs}
    for power in range(5):
        more, fewer = epochs * factor**power, epochs / factor**power
        expected |= {int(more)} | ({int(fewer)} if int(fewer) > 1 else set())
    assert [set(entry.dimension.choices) for entry in entries] == ([expected] if len(expected) > 1 else [])


def test_units_are_halved_and_doubled_in_hidden_dense_layers(box):
    units = by_kind(box(), "units")
    assert [values(entry) for entry in units] == [{10, 20, 40}, {15, 30, 60}]
    (single,) = by_kind(box("Dense(1)", "Dense(2)"), "units")
    assert 0 in values(single), "an empty layer is a candidate of the paper"


def test_a_hidden_dense_layer_stands_there_0_1_or_2_times(box, start, text):
    given = start(text(*FAULTY), as_published=True)
    found = published_box(given)
    (layer,) = by_kind(found, "layer")
    assert layer.element.owner == "Dense 2" and layer.present == 1
    without = given.space.patch(layer.assign(0)).patched_program().main.text
    assert without.count("Dense(") == 2 and "Dense(30" not in without
    if any(element.kind == "layer-repeats" for element in given.space.elements):
        twice = given.space.patch(layer.assign(2)).patched_program().main.text
        assert twice.count("Dense(30") == 2
    else:
        assert "layer of Dense 2: 2 times" in found.gaps


def test_what_the_paper_leaves_alone_is_no_entry(box):
    kinds = {entry.element.kind for entry in box(HIDDEN, "Dropout(0.5)", 'Dense(9, kernel_regularizer="l2")').entries}
    assert not kinds & {"dropout-rate", "regulariser", "metric"}


def test_what_a_framework_lacks_is_told(start):
    program = (
        "import torch\nfrom torch import nn\n"
        "model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))\n"
        "criterion = nn.MSELoss()\noptimiser = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "for epoch in range(20):\n    optimiser.zero_grad()\n    loss = criterion(model(x), y)\n"
        "    loss.backward()\n    optimiser.step()\n"
    )
    found = published_box(start(program, as_published=True))
    assert any(gap.startswith("loss of ") and "log_cosh" in gap for gap in found.gaps)
    (loss,) = by_kind(found, "loss")
    assert "sparse_categorical_crossentropy(from_logits)" in loss.dimension.choices, "the only one PyTorch has"


def test_a_rate_that_is_not_known_is_a_gap(box):
    schedule = "keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9))"
    found = box(optimizer=schedule)
    assert not by_kind(found, "learning-rate")
    assert any(gap.startswith("learning-rate of ") for gap in found.gaps)


def test_the_program_as_it_is_is_no_change(box):
    found = box()
    assert found.assignment(found.start) == {}
