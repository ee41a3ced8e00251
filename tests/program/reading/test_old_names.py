"""The names of today are those that the packages know, and the old ones are none of them."""

import importlib
import importlib.util
import inspect
import os

import numpy as np
import pytest

from netmend.program.reading import old_names


@pytest.mark.keras
def test_the_names_of_today_are_those_of_the_package(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", os.environ.get("KERAS_BACKEND", "torch"))
    layers = importlib.import_module("keras").layers
    known = {
        name
        for layer in (layers.Conv2D, layers.Conv1D, layers.LSTM, layers.MaxPooling1D, layers.Dropout)
        for name in inspect.signature(layer.__init__).parameters
    }
    assert set(old_names.OF_LAYERS.values()) <= known
    assert not {"init", "border_mode", "nb_filter", "dropout_W"} & known


def test_numpy_knows_the_new_names():
    assert all(hasattr(np, name) for name in old_names.RENAMED.values())


def test_moved_modules_are_found_where_they_are_said_to_be():
    assert old_names.MODULES.fullmatch("sklearn.cross_validation")
    assert importlib.util.find_spec("sklearn" + old_names.MOVED["sklearn"])
