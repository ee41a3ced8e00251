from netmend.program.lint.missing_hidden_activation import rule


def hits(element, *values):
    elements = [element("activation", value, role="hidden", layer=number) for number, value in enumerate(values)]
    elements.append(element("activation", "linear", role="output", layer=len(values)))
    return [(hit.element.layer, hit.severity) for hit in rule.check(elements)]


def test_a_network_without_any_is_worse_than_one_linear_layer(element):
    assert hits(element, "linear", "linear") == [(0, 0.8), (1, 0.8)]
    assert hits(element, "relu", "linear") == [(1, 0.4)]


def test_activations_and_outputs_are_left_alone(element):
    assert hits(element, "relu", "tanh", None) == []
    assert hits(element) == []


def test_an_activation_layer_counts_for_the_layer_before_it(element):
    elements = [
        element("activation", "linear", role="hidden", layer=0, owner="Dense 1"),
        element("activation", "relu", role="hidden", layer=2, owner="ReLU 3"),
        element("activation", "linear", role="hidden", layer=3, owner="Dense 4"),
        element("activation", "softmax", role="output", layer=4, owner="Dense 5"),
    ]
    assert [hit.element.owner for hit in rule.check(elements)] == ["Dense 4"]


def test_models_with_several_losses_are_left_alone(element):
    elements = [element("activation", "linear", role=role) for role in ("hidden", "output")]
    assert list(rule.check([*elements, element("loss", "mse")]))
    assert not list(rule.check([*elements, element("loss", "mse"), element("loss", "mse")]))


def test_models_without_a_known_output_are_left_alone(element):
    assert not list(rule.check([element("activation", "linear", role="hidden")]))


def test_in_pytorch_an_activation_that_follows_later_does_not_count(element):
    elements = [
        element("activation", "linear", role="hidden", layer=0, owner="Linear 1", framework="torch"),
        element("activation", "relu", role="hidden", layer=2, owner="ReLU 3", framework="torch"),
        element("activation", "linear", role="output", layer=3, owner="Linear 4", framework="torch"),
    ]
    assert [hit.element.owner for hit in rule.check(elements)] == ["Linear 1"]
