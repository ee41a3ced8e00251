"""Layers, regularisers and optimisers by name; whole models are described in `test_watching.py`."""

import types

import pytest

from netmend.training.probes.keras_probe.describing import activation_of, leaf_layers, optimiser_name, regulariser_name


def named(name, **fields):
    return type(name, (), {"__module__": "keras.src", **fields})()


@pytest.mark.parametrize(
    ("factors", "name"),
    [({"l1": 0.1}, "l1(0.1)"), ({"l2": 0.01}, "l2(0.01)"), ({"l1": 0.1, "l2": 2}, "l1_l2(0.1, 2)"), ({}, "custom")],
)
def test_regularisers_are_named_with_their_factors(factors, name):
    assert regulariser_name(types.SimpleNamespace(**factors)) == name


def test_optimisers_of_keras_are_named_by_their_class_and_others_are_custom():
    assert optimiser_name(named("AdamW")) == "adamw"
    assert optimiser_name(types.SimpleNamespace(inner_optimizer=named("SGD"))) == "sgd"
    assert optimiser_name(types.SimpleNamespace()) == "custom"


def test_nested_models_are_opened_and_a_layer_used_twice_counts_once():
    one, two = named("Dense"), named("Dense")
    inner = types.SimpleNamespace(layers=[named("InputLayer"), one, two], compile=None)
    assert leaf_layers(types.SimpleNamespace(layers=[one, inner])) == [one, two]


def test_activations_are_found_inside_layers_and_wrappers(small_keras):
    def relu():
        pass

    def mine():
        pass

    assert activation_of(named("ReLU", max_value=6)) == "relu6"
    assert activation_of(named("Dropout")) == ""
    dense = named("Dense", activation=staticmethod(relu), trainable_variables=[])
    assert activation_of(dense) == activation_of(named("TimeDistributed", layer=dense)) == "relu"
    assert activation_of(named("Dense", activation=staticmethod(mine))) == "custom"
