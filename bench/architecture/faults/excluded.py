"""The four faults of DeepCrime that Kim et al., ICST 2023, left out because one search took more than two days.

Their figures were never published, so nothing here enters a mean.
"""

from __future__ import annotations

from bench.architecture.faults._base import Change, Fault
from bench.architecture.faults._mutant import Subject, mutant

VOICES = Subject(
    source="speaker network",
    data="voices",
    metric="accuracy",
    higher_is_better=True,
    fixed=None,
    trivial=None,
    sizes={"core": {"epochs": 12}, "full": {"epochs": 50}},
)
ROAD = Subject(
    source="steering network",
    data="road",
    metric="mean_squared_error",
    higher_is_better=False,
    fixed=None,
    trivial=None,
    sizes={"core": {}, "full": {}},
)

EXCLUDED: tuple[Fault, ...] = (
    mutant(
        "AU1",
        VOICES,
        "LCH",
        "loss: categorical hinge",
        None,
        ('loss="sparse_categorical_crossentropy"', 'loss="categorical_hinge"'),
        Change("loss", "categorical_hinge", "sparse_categorical_crossentropy"),
    ),
    mutant(
        "AU2",
        VOICES,
        "HNE",
        "1 epoch",
        None,
        ("epochs=<epochs>", "epochs=1"),
        Change("epochs", 1, "<epochs>"),
    ),
    mutant(
        "UD1",
        ROAD,
        "LCH",
        "loss: mean absolute percentage error",
        None,
        ('loss="mean_squared_error"', 'loss="mean_absolute_percentage_error"'),
        Change("loss", "mean_absolute_percentage_error", "mean_squared_error"),
    ),
    mutant(
        "UD2",
        ROAD,
        "OCH",
        "RMSprop",
        None,
        ("optimizer=Adam(learning_rate=0.0001)", 'optimizer="rmsprop"'),
        Change("optimiser", "rmsprop", "adam"),
        Change("learning-rate", 0.001, 0.0001, follows=True),
        note="which rate RMSprop had is not published; with its default, taken here, the shrunken net learns faster",
    ),
)
