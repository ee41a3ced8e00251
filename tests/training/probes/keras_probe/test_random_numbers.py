"""Random numbers are drawn without effect on those drawn afterwards."""

import json
import random
import types

import numpy as np

from netmend.training.probes.keras_probe.random_numbers import (
    random_state,
    same_random_numbers,
    set_random_state,
    unchanged_generators,
)


def draws():
    return [random.random(), float(np.random.rand())]


def test_what_is_drawn_inside_is_not_missing_afterwards():
    state = random_state()
    expected = draws()
    set_random_state(state)
    with same_random_numbers():
        assert draws() == expected
    assert draws() == expected


def test_a_state_may_go_through_json():
    state = json.loads(json.dumps(random_state(), default=lambda array: array.tolist()))
    expected = draws()
    set_random_state(state)
    assert draws() == expected


def test_generators_that_a_data_set_holds_are_put_back():
    inner = types.SimpleNamespace(draw=random.Random(1), old=np.random.RandomState(2))
    source = types.SimpleNamespace(draw=np.random.default_rng(3), inner=inner)

    def drawn():
        return source.draw.random(), inner.draw.random(), inner.old.random_sample()

    with unchanged_generators(source):
        first = drawn()
    assert drawn() == first != drawn()
