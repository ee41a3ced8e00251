"""What is said of a last activation before a loss that takes logits."""

import pytest

from netmend.training.symptoms._examples import healthy_torch, layer
from netmend.training.symptoms.output_activation_does_not_fit_loss import symptom


@pytest.mark.parametrize(
    ("activation", "said"),
    [("softmax", "applied twice"), ("sigmoid", "applied twice"), ("relu", "relu lets not all of them through")],
)
def test_only_an_activation_that_the_loss_applies_itself_is_applied_twice(activation, said):
    layers = (layer("0", "relu", 64, 4160), layer("1", activation, 10, 650, "output"))
    (reading,) = symptom.measure(healthy_torch(layers=layers))
    assert said in reading.message
    assert reading.value > symptom.threshold
