import numpy as np
import pytest

from bench.localiser.model import frequency, grown, large_forest, logistic, small_forest
from netmend.repairs.program.learned.forest import Table

ROWS = [
    {"a": 0.0, "finding x": 1.0},
    {"a": 0.2},
    {"a": 0.1, "finding x": 1.0},
    {"a": 5.0, "b": 2.0},
    {"a": 5.2, "b": 2.0, "finding x": 0.5},
    {"a": 4.9, "b": 2.0},
]
FAULTS = ["loss"] * 3 + ["epochs"] * 3


@pytest.mark.parametrize("fit", [logistic, large_forest, small_forest])
def test_models_learn_what_can_be_told_apart(fit):
    pytest.importorskip("sklearn")
    model = fit(ROWS, FAULTS)
    for row, fault in zip(ROWS, FAULTS, strict=True):
        chances = model(row)
        assert sum(chances.values()) == pytest.approx(1) and max(chances, key=chances.get) == fault


def test_frequency_says_the_same_of_every_run():
    model = frequency([{}, {"a": 1.0}, {}], ["loss", "loss", "epochs"])
    assert model({}) == model({"a": 3.0}) == {"loss": 2 / 3, "epochs": 1 / 3}


@pytest.mark.parametrize(("classes", "depth"), [(2, 3), (5, 8), (12, None)])
def test_a_forest_answers_as_scikit_learn_does(classes, depth):
    ensemble = pytest.importorskip("sklearn.ensemble")
    chance = np.random.default_rng(classes)
    rows = chance.normal(size=(120, 9)).astype(np.float32)
    faults = [f"fault {int(abs(row[:2]).sum() * 3) % classes}" for row in rows]
    classifier = ensemble.RandomForestClassifier(
        20, max_depth=depth, min_samples_leaf=2, class_weight="balanced", random_state=0
    ).fit(rows, faults)
    forest = grown(Table(tuple("abcdefghi"), (0.0,) * 9), classifier)
    asked = chance.normal(size=(200, 9)).astype(np.float32)
    answered = [forest(dict(zip("abcdefghi", map(float, row), strict=True))) for row in asked]
    expected = [dict(zip(classifier.classes_, row, strict=True)) for row in classifier.predict_proba(asked)]
    assert len({tuple(each.values()) for each in answered}) > 100
    for ours, theirs in zip(answered, expected, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-5)
