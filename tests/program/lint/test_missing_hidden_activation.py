from netmend.program.lint.missing_hidden_activation import rule


def hits(element, *values):
    elements = [element("activation", value, role="hidden", layer=number) for number, value in enumerate(values)]
    elements.append(element("activation", "linear", role="output", layer=len(values)))
    return [(hit.element.layer, hit.severity) for hit in rule.check(elements)]


def test_a_network_without_any_is_worse_than_one_linear_layer(element):
    assert hits(element, "linear", "linear") == [(0, 0.8), (1, 0.8)]
    assert hits(element, "relu", "linear") == [(1, 0.5)]


def test_activations_and_outputs_are_left_alone(element):
    assert hits(element, "relu", "tanh", None) == []
    assert hits(element) == []
