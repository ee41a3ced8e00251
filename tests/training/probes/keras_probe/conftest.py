"""As much of Keras as those parts of its probe need that are tested alone: importing it would choose a backend."""

import sys
import types

import pytest


def flatten(tree):
    parts = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list | tuple) else None
    return [tree] if parts is None else [leaf for part in parts for leaf in flatten(part)]


def map_structure(function, tree, *others):
    if isinstance(tree, list | tuple):
        return type(tree)(map_structure(function, *parts) for parts in zip(tree, *others, strict=True))
    return function(tree, *others)


@pytest.fixture
def small_keras(monkeypatch):
    found = types.SimpleNamespace(
        tree=types.SimpleNamespace(flatten=flatten, map_structure=map_structure),
        backend=types.SimpleNamespace(backend=lambda: "jax"),
        activations=types.SimpleNamespace(relu=None, linear=None),
    )
    monkeypatch.setitem(sys.modules, "keras", found)
    return found
