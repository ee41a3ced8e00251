import pytest

from netmend.program.lint.wrong_last_activation import rule


@pytest.mark.parametrize(
    ("activation", "loss", "units", "framework", "severity", "activations", "losses"),
    [
        ("linear", "categorical_crossentropy", 10, "keras", 0.9, "softmax", "categorical_crossentropy(from_logits)"),
        ("linear", "binary_crossentropy", 1, "torch", 0.9, "sigmoid", "binary_crossentropy(from_logits)"),
        ("relu", "categorical_crossentropy", 10, "keras", 0.9, "softmax", None),
        ("softplus", "sparse_categorical_crossentropy", 10, "keras", 0.9, "softmax", None),
        ("tanh", "binary_crossentropy", 1, "keras", 0.9, "sigmoid", None),
        ("log_softmax", "categorical_crossentropy", 10, "keras", 0.9, "softmax", None),
        ("sigmoid", "categorical_crossentropy", 10, "keras", 0.3, "softmax", "binary_crossentropy"),
        ("sigmoid", "categorical_crossentropy", 1, "keras", 0.9, None, "binary_crossentropy"),
        ("linear", "categorical_crossentropy", 1, "keras", 0.9, None, "binary_crossentropy(from_logits)"),
        ("softmax", "sparse_categorical_crossentropy(from_logits)", 10, "torch", 0.6, "linear", None),
        ("softmax", "categorical_crossentropy(from_logits)", 10, "keras", 0.6, "linear", "categorical_crossentropy"),
        ("sigmoid", "binary_crossentropy(from_logits)", 1, "torch", 0.6, "linear", "binary_crossentropy"),
        ("relu", "sparse_categorical_crossentropy(from_logits)", 10, "torch", 0.6, "linear", None),
        ("softmax", "negative_log_likelihood", 10, "torch", 0.9, "log_softmax", None),
        (
            "linear",
            "negative_log_likelihood",
            10,
            "torch",
            0.9,
            "log_softmax",
            "sparse_categorical_crossentropy(from_logits)",
        ),
    ],
)
def test_each_misfit_names_what_would_fit(ending, activation, loss, units, framework, severity, activations, losses):
    (hit,) = rule.check(ending(activation, loss, units, framework))
    assert hit.severity == severity
    blamed = {blame.kind: blame.values for blame in hit.blames}
    assert blamed.get("activation") == (activations and (activations,))
    assert blamed.get("loss") == (losses and (losses,))


@pytest.mark.parametrize(
    ("activation", "loss", "units"),
    [
        ("softmax", "categorical_crossentropy", 10),
        ("softmax", "binary_crossentropy", 2),
        ("sigmoid", "binary_crossentropy", 1),
        ("log_softmax", "negative_log_likelihood", 10),
        ("log_softmax", "sparse_categorical_crossentropy(from_logits)", 10),
        ("linear", "sparse_categorical_crossentropy(from_logits)", 10),
        ("linear", "mean_squared_error", 1),
        ("relu", "mean_absolute_error", 1),
        (None, "categorical_crossentropy", 10),
        ("linear", None, 10),
        ("linear", "custom", 10),
        ("softmax", "categorical_crossentropy", 1),  # softmax-on-one-unit says so
    ],
)
def test_pairs_that_fit_or_are_unknown_are_left_alone(ending, activation, loss, units):
    assert not list(rule.check(ending(activation, loss, units)))


def test_an_activation_layer_after_a_layer_without_one_counts(ending, element):
    elements = (*ending("linear", "categorical_crossentropy"), element("activation", "softmax", role="output", layer=2))
    assert not list(rule.check(elements))


def test_two_losses_are_left_alone(ending, element):
    elements = (*ending("linear", "categorical_crossentropy"), element("loss", "mean_squared_error"))
    assert not list(rule.check(elements))
