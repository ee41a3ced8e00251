"""What operators suggest for runs that show a fault: their own examples are run on a healthy one only."""

from dataclasses import replace

import pytest

from netmend.program.elements._find import find_all
from netmend.program.lint._examples import torch_program
from netmend.program.source import Program
from netmend.repairs.program.operators._examples import keras
from netmend.repairs.program.operators._suggest import suggestions
from netmend.training.symptoms._examples import (
    EPOCHS,
    array,
    classes,
    curves,
    falling,
    healthy,
    healthy_regression,
    one_hot,
    unlearned,
)

OVERFITTED = healthy(
    epochs=curves(loss=falling(2.1, 0.01), val_loss=tuple(0.5 + 0.05 * epoch for epoch in range(EPOCHS)))
)
BROKEN = healthy_regression(epochs=curves(loss=falling(1e20, 1.0)))
RARE = healthy(labels=replace(classes(2), largest_share=0.95))
DIVIDED = (
    keras()
    .replace("x, y\n", "x, y, x_test, y_test\ny = y / 255\n")
    .replace("y, epochs", "y, validation_data=(x_test, y_test), epochs")
)
REPORTED = keras(loss="mean_squared_error").replace('error")', 'error", metrics=["mae"])')

CASES = {
    "a penalty": (keras(), OVERFITTED, "regulariser of Dense 1: none (default)", "l2(0.001)"),
    "dropout where there is none": (keras(), OVERFITTED, "dropout-rate of Dense 1: 0.0 (default)", 0.5),
    "weight decay": (torch_program(), OVERFITTED, "regulariser of Adam: none (default)", "l2(0.001)"),
    "images": (keras(), unlearned(inputs=array(0, 255)), "input-scaling of fit: none (default)", "divide(255)"),
    "columns": (keras(), unlearned(inputs=array(0, 9e4)), "input-scaling of fit: none (default)", "standardise"),
    "measurements up to 162": (
        keras(),
        unlearned(inputs=array(0.13, 162)),
        "input-scaling of fit: none (default)",
        "standardise",
    ),
    "scaled inputs": (keras(), unlearned(), "input-scaling of fit: none (default)", None),
    "a loss that exploded": (keras(), BROKEN, "gradient-clipping of Adam: none (default)", "global_norm(1)"),
    "a rare class": (keras(), RARE, "class-weight of fit: none (default)", "balanced"),
    "a rare class of one-hot rows": (
        keras(),
        healthy(loss="categorical_crossentropy", labels=replace(one_hot(10), largest_share=0.9)),
        "class-weight of fit: none (default)",
        "balanced(one_hot)",
    ),
    "the reported error": (
        REPORTED,
        healthy_regression(),
        "loss of compile: mean_squared_error",
        "mean_absolute_error",
    ),
    "labels that were divided": (
        DIVIDED,
        unlearned(labels=array(0, 9 / 255), eval_labels=classes(10)),
        "label-form of fit: divide(255) in training only",
        "none",
    ),
    "classes from 1": (
        keras(),
        unlearned(labels=replace(classes(10), minimum=1, maximum=10)),
        "label-form of fit: none (default)",
        "minus(1)",
    ),
    "rows in one order": (
        torch_program(loader="batch_size=32"),
        unlearned(shuffled=False),
        "shuffling of DataLoader: False (default)",
        True,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_first_suggestion_fits_what_the_run_shows(name):
    text, trace, label, expected = CASES[name]
    elements = find_all(Program.from_text(text))
    element = next(each for each in elements if each.label == label)
    found = suggestions(element, elements, trace)
    assert (found[0][1].value if found else None) == expected
