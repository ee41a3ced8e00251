from dataclasses import replace

import pytest

from netmend.program.lint.wide_initialiser import rule


@pytest.mark.parametrize(
    ("value", "spread"),
    [
        ("random_normal(0, 5.0)", 5.0),
        ("truncated_normal(0, 2)", 2.0),
        ("random_normal(0.0, 1.0)", 1.0),
        ("random_uniform(-3, 3)", 3**0.5),
    ],
)
def test_the_standard_deviation_is_measured(element, value, spread):
    (hit,) = rule.check([element("initialiser", value, role="hidden", layer=0)])
    assert hit.measured == pytest.approx(spread)
    assert hit.blames[0].values


@pytest.mark.parametrize(
    "value",
    ["random_normal", "random_normal(0.0, 0.05)", "random_uniform(-0.5, 0.5)", "he_normal", "constant(3)", None],
)
def test_narrow_or_unknown_ones_are_left_alone(element, value):
    assert not list(rule.check([element("initialiser", value, role="hidden", layer=0)]))


@pytest.mark.parametrize(
    ("value", "text", "spread"),
    [
        ("random_normal", "RandomNormal(stddev=2.0)", 2.0),
        ("random_normal", "initializers.RandomNormal(0, 2, seed=1)", 2.0),
        ("truncated_normal", "TruncatedNormal(stddev=1)", 1.0),
        ("random_uniform", "RandomUniform(-3, maxval=3)", 3**0.5),
    ],
)
def test_keras_objects_are_read_from_the_text(element, value, text, spread):
    (hit,) = rule.check([replace(element("initialiser", value), text=text)])
    assert hit.measured == pytest.approx(spread)


@pytest.mark.parametrize("text", ["'random_normal'", "RandomNormal()", "RandomNormal(stddev=s)", "Normal(**k)", "("])
def test_texts_without_numbers_are_left_alone(element, text):
    assert not list(rule.check([replace(element("initialiser", "random_normal"), text=text)]))
