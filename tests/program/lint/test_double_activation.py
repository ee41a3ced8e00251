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


def functional(element, loss):
    """`forward` puts the last layer through relu, then log_softmax; nothing numbers the layers."""
    more = {"role": "output", "framework": "torch", "owner": "fc2 in forward"}
    first, second = element("activation", "relu", **more), element("activation", "log_softmax", **more)
    return first, second, element("loss", loss, owner="training step", framework="torch")


def test_what_the_loss_expects_is_not_the_one_too_many(element):
    first, second, loss = functional(element, "negative_log_likelihood")
    (hit,) = rule.check((first, second, loss))
    assert hit.element is first
    assert hit.message == "Two activations follow fc2 in forward: relu, and then log_softmax."


def test_where_the_loss_expects_neither_the_second_came_on_top(element):
    first, second, loss = functional(element, "mean_squared_error")
    (hit,) = rule.check((first, second, loss))
    assert hit.element is second
