import pytest

from netmend.program.lint.loss_unsuited_to_classes import SEVERITY, rule


@pytest.mark.parametrize("loss", SEVERITY)
def test_cross_entropy_is_tried_instead(ending, loss):
    (hit,) = rule.check(ending("softmax", loss))
    assert hit.element.value == loss
    assert hit.blames[0].values[0] == "categorical_crossentropy"


def test_absolute_error_is_worse_than_squared_error():
    assert SEVERITY["mean_absolute_error"] > SEVERITY["mean_squared_error"]


@pytest.mark.parametrize(
    ("activation", "loss", "units"),
    [
        ("softmax", "categorical_crossentropy", 10),
        ("softmax", "categorical_hinge", 10),
        ("linear", "mean_absolute_error", 10),
        ("softmax", "mean_absolute_error", 1),
        (None, "mean_absolute_error", 10),
    ],
)
def test_other_pairs_are_left_alone(ending, activation, loss, units):
    assert not list(rule.check(ending(activation, loss, units)))
