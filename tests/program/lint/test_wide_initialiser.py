import pytest

from netmend.program.lint.wide_initialiser import rule


@pytest.mark.parametrize(
    ("value", "spread"),
    [
        ("random_normal(5.0)", 5.0),
        ("truncated_normal(2)", 2.0),
        ("random_normal(0.0, 1.0)", 1.0),
        ("random_uniform(-3, 3)", 3**0.5),
        ("random_uniform(1.5)", 1.5 / 3**0.5),
    ],
)
def test_the_standard_deviation_is_measured(element, value, spread):
    (hit,) = rule.check([element("initialiser", value, role="hidden", layer=0)])
    assert hit.measured == pytest.approx(spread)
    assert hit.blames[0].values


@pytest.mark.parametrize(
    "value", ["random_normal", "random_normal(0.05)", "random_uniform(-0.5, 0.5)", "he_normal", "constant(3)", None]
)
def test_narrow_or_unknown_ones_are_left_alone(element, value):
    assert not list(rule.check([element("initialiser", value, role="hidden", layer=0)]))
