import numpy as np
import pytest

from bench.elements.holes import Frequency, Hole, accuracy, holes, interval
from netmend.corpus.records import Example
from netmend.program.sequence.read import Sequence, Token
from netmend.program.sequence.vocabulary import ELEMENTS, KINDS


def example(*tokens, family="a"):
    made = tuple(Token(kind, value, given) for kind, value, given in tokens)
    return Example("r", "c", "MIT", family, "0", Sequence("keras", made, ("",) * len(made)))


WRITTEN = (("adam", True), ("adam", True), ("sgd", True), ("rmsprop", False))
TRAIN = [example(("optimiser", value, given)) for value, given in WRITTEN]


def test_frequencies_are_of_what_is_written():
    scorer = Frequency.of(each.sequence for each in TRAIN)
    chances = np.exp(scorer.log_probabilities(TRAIN[0].sequence, 0, KINDS["optimiser"].tokens))
    total = 3 + len(KINDS["optimiser"].tokens)
    assert chances.sum() == pytest.approx(1)
    assert dict(zip(KINDS["optimiser"].tokens, chances * total, strict=True))["adam"] == pytest.approx(3)


def test_what_is_written_and_in_the_vocabulary_is_a_hole_with_the_rank_of_its_value():
    scorer = Frequency.of(each.sequence for each in TRAIN)
    found = list(
        holes(
            [example(("optimiser", "sgd", True), ("optimiser", "adam", True), ("optimiser", "adam", False),
                     ("optimiser", "?", True), ("loss", "other", True), ("units", "8", True))],
            scorer,
        )
    )  # fmt: skip
    assert [(hole.kind, hole.rank) for hole in found] == [("optimiser", 2), ("optimiser", 1)]


def test_of_values_that_are_as_likely_the_first_of_the_vocabulary_comes_first():
    scorer = Frequency({})
    values = KINDS["optimiser"].values
    found = holes([example(*(("optimiser", value, True) for value in values))], scorer)
    assert [hole.rank for hole in found] == list(range(1, len(values) + 1))


FOUND = [Hole("loss", family, "keras", rank) for family, rank in (("a", 1), ("a", 2), ("b", 1), ("c", 9))] + [
    Hole("epochs", "a", "keras", 4)
]


def test_accuracy_is_a_share_by_kind_and_its_mean():
    assert accuracy(FOUND, 1) == {"loss": 0.5, "epochs": 0.0, "macro": 0.25}
    assert accuracy(FOUND, 5) == {"loss": 0.75, "epochs": 1.0, "macro": 0.875}


def test_the_interval_is_that_of_means_over_families_drawn_anew():
    random = np.random.default_rng(1)
    found = [
        Hole(kind, f"f{n % 12}", "keras", 1 + int(random.random() < 0.1 + 0.06 * (n % 12)))
        for n in range(400)
        for kind in ELEMENTS[:3]
    ]
    low, high = interval(found, 1, draws=400, seed=5)
    draw = np.random.default_rng(5)
    families = sorted({hole.family for hole in found})
    slow = []
    for _ in range(400):
        drawn = [families[number] for number in draw.integers(len(families), size=len(families))]
        again = [hole for family in drawn for hole in found if hole.family == family]
        slow.append(accuracy(again, 1)["macro"])
    assert (low, high) == pytest.approx(tuple(np.percentile(slow, [2.5, 97.5])))
    assert low < accuracy(found, 1)["macro"] < high


def test_of_two_scorers_the_interval_is_that_of_their_distance():
    found = [Hole("loss", f"f{n % 9}", "keras", 1 + n % 3) for n in range(90)]
    other = [Hole(hole.kind, hole.family, "keras", hole.rank + (number % 5 == 0)) for number, hole in enumerate(found)]
    assert interval(found, 1, found) == (0, 0)
    low, high = interval(found, 1, other)
    assert 0 < low < accuracy(found, 1)["macro"] - accuracy(other, 1)["macro"] < high
