import pytest

from netmend.program.lint.constant_initialiser import rule


def model(element, value, role, activation):
    return [
        element("activation", "tanh", role="hidden", layer=0),
        element("initialiser", value, role=role, layer=1),
        element("activation", activation, role=role, layer=1),
        element("activation", "softmax", role="output", layer=2),
    ]


@pytest.mark.parametrize("value", ["zeros", "ones", "constant(0.5)"])
@pytest.mark.parametrize(
    ("activation", "values"),
    [("relu", ("he_normal", "glorot_uniform")), ("tanh", ("glorot_uniform", "he_normal"))],
)
def test_the_initialiser_to_try_depends_on_the_activation(element, value, activation, values):
    (hit,) = rule.check(model(element, value, "hidden", activation))
    assert hit.severity == 0.95
    assert hit.blames[0].values == values


def test_it_matters_less_in_the_output_layer(element):
    (hit,) = rule.check(model(element, "zeros", "output", "softmax"))
    assert hit.severity == 0.4


def test_random_initialisers_and_models_of_one_layer_are_left_alone(element):
    assert not list(rule.check(model(element, "he_normal", "hidden", "relu")))
    assert not list(rule.check(model(element, None, "hidden", "relu")))
    assert not list(rule.check([element("initialiser", "zeros", role="output", layer=0)]))


def test_of_unknown_layers_only_zeros_count(element):
    assert list(rule.check(model(element, "zeros", "", "relu")))
    assert not list(rule.check(model(element, "ones", "", "relu")))
