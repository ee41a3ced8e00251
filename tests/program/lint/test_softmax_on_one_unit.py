import pytest

from netmend.program.lint.softmax_on_one_unit import rule


@pytest.mark.parametrize(
    ("loss", "values"),
    [
        ("binary_crossentropy", ("sigmoid",)),
        ("binary_crossentropy(from_logits)", ("linear",)),
        ("mean_squared_error", ("linear", "sigmoid")),
        (None, ("sigmoid", "linear")),
    ],
)
def test_what_to_try_depends_on_the_loss(ending, loss, values):
    (hit,) = rule.check(ending("softmax", loss, units=1))
    assert hit.severity == 1.0
    assert hit.element.value == "softmax"
    assert [blame.values for blame in hit.blames] == [values]


@pytest.mark.parametrize("units", [2, None])
def test_more_or_an_unknown_number_of_units_are_left_alone(ending, units):
    assert not list(rule.check(ending("softmax", "binary_crossentropy", units=units)))


def test_two_outputs_of_different_width_are_left_alone(ending, element):
    elements = (*ending("softmax", "binary_crossentropy", units=1), element("units", 3, role="output", layer=2))
    assert not list(rule.check(elements))
