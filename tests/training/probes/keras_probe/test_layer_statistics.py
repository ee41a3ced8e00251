"""How layers are measured."""

import numpy as np

from netmend.training.probes.keras_probe.layer_statistics import layer_stat


def test_a_saturated_and_a_dead_layer_measure_as_such() -> None:
    output = np.array([[0.0, 1.0, 0.999, 0.5], [0.0, 0.001, 0.5, np.nan]])
    stats = layer_stat("s", "sigmoid", [], [], output, 0.1)
    assert stats["saturated_share"] == 5 / 8 and stats["dead_share"] == 1 / 4 and stats["nonfinite"] == 1
    stats = layer_stat("t", "tanh", [], [], np.array([[-0.999, 0.0, 0.99, 1.0]]), 0.1)
    assert stats["saturated_share"] == 2 / 4
    stats = layer_stat("r", "relu", [np.array([3.0, 4.0])], [np.array([0.0, 2.0])], None, 0.5)
    assert (stats["weight_norm"], stats["gradient_norm"], stats["update_ratio"]) == (5, 2, 0.2)
    assert stats["gradient_zero_share"] == 0.5
