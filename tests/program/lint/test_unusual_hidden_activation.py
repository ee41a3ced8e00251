import pytest

from netmend.program.lint.unusual_hidden_activation import SEVERITY, rule


@pytest.mark.parametrize("role", ["input", "hidden"])
@pytest.mark.parametrize("value", SEVERITY)
def test_each_is_found_in_every_layer_but_the_output(element, value, role):
    elements = [element("activation", value, role=role, layer=3), element("activation", "linear", role="output")]
    (hit,) = rule.check(elements)
    assert (hit.blames[0].layer, hit.blames[0].role, hit.blames[0].values[0]) == (3, role, "relu")


@pytest.mark.parametrize(
    ("value", "role"), [("relu", "hidden"), ("linear", "hidden"), ("softmax", "output"), (None, "hidden")]
)
def test_others_are_left_alone(element, value, role):
    elements = [element("activation", value, role=role, layer=3), element("activation", "linear", role="output")]
    assert not list(rule.check(elements))
