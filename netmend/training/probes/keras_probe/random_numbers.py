"""Putting random number generators back: those of Python, NumPy, PyTorch and TensorFlow, and those of the program."""

import contextlib
import functools
import random
import sys

import numpy as np


@contextlib.contextmanager
def same_random_numbers():
    """Draw random numbers in here without effect on those drawn afterwards."""
    state = None
    with contextlib.suppress(Exception):  # where a framework does not tell its state, it is not put back
        state = random_state()
    tensorflow = sys.modules.get("tensorflow.python.eager.context")
    context = tensorflow and tensorflow.context()
    seeds = getattr(context, "_rng", None)  # of operations outside of functions
    if seeds is not None:
        context._rng = random.Random("probe")  # other seeds, because TensorFlow keeps a state for each seed
    try:
        yield
    finally:
        if state is not None:
            set_random_state(state)
        if seeds is not None:
            context._rng = seeds


@contextlib.contextmanager
def unchanged_generators(source):
    """Put back the random number generators that a data set, or a variable of the program, holds."""
    put_back = _generators(source, 3) + _generators(sys.modules["__main__"], 0)
    try:
        yield
    finally:
        for call in put_back:
            call()


def _generators(holder, depth):
    found = []
    for value in list(getattr(holder, "__dict__", {}).values()):
        if isinstance(value, np.random.Generator):
            found.append(functools.partial(setattr, value.bit_generator, "state", value.bit_generator.state))
        elif isinstance(value, random.Random):
            found.append(functools.partial(value.setstate, value.getstate()))
        elif isinstance(value, np.random.RandomState) or type(value).__name__ == "Generator":  # of torch
            found.append(functools.partial(value.set_state, value.get_state()))
        elif depth and not isinstance(value, type):
            found += _generators(value, depth - 1)
    return found


def random_state():
    """State of the global random number generators; Keras's own live in variables and are guarded otherwise."""
    torch = sys.modules.get("torch")
    state = torch.get_rng_state() if hasattr(torch, "get_rng_state") else None
    return [random.getstate(), np.random.get_state(), state]


def set_random_state(state):
    """Put back what `random_state` gave, or what JSON made of it."""
    (version, words, gauss), (kind, keys, *rest), torch_state = state
    random.setstate((version, tuple(words), gauss))
    np.random.set_state((kind, np.asarray(keys, dtype=np.uint32), *rest))
    if torch_state is not None:
        torch = sys.modules["torch"]
        torch.set_rng_state(torch.as_tensor(torch_state, dtype=torch.uint8))
