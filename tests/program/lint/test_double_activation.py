import pytest

from netmend.program.lint.double_activation import rule


def pair(element, first, second, owner="Activation 2", gap=1, **more):
    return [
        element("activation", first, owner="Dense 1", layer=0, **({"role": "hidden"} | more)),
        element("activation", second, owner=owner, layer=gap, **({"role": "hidden"} | more)),
    ]


@pytest.mark.parametrize(("first", "second", "severity"), [("relu", "tanh", 0.4), ("softmax", "softmax", 0.7)])
def test_the_second_is_the_first_suspect(element, first, second, severity):
    (hit,) = rule.check(pair(element, first, second))
    assert hit.element.owner == "Activation 2"
    assert hit.severity == severity
    assert [(blame.layer, blame.values) for blame in hit.blames] == [(1, ("linear",)), (0, ("linear",))]


@pytest.mark.parametrize(
    ("first", "second", "more"),
    [
        ("relu", "relu", {}),
        ("linear", "relu", {}),
        ("relu", None, {}),
        ("relu", "tanh", {"owner": "Dense 2"}),
        ("relu", "tanh", {"gap": 2}),
        ("relu", "tanh", {"framework": "torch"}),
    ],
)
def test_others_are_left_alone(element, first, second, more):
    assert not list(rule.check(pair(element, first, second, **more)))


def test_in_pytorch_two_after_the_last_weights_count(element):
    elements = pair(element, "relu", "sigmoid", framework="torch", role="output", owner="training step", gap=None)
    assert [hit.severity for hit in rule.check(elements)] == [0.7]
