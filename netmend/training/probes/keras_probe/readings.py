"""Small readings of Keras objects and of nested arrays."""

import re

import numpy as np


def learning_rate_of(optimiser):
    """The learning rate in force; nan if the optimiser has none."""
    rate = getattr(optimiser, "learning_rate", None)
    return float("nan") if rate is None else float(to_numpy(rate))


def iterations_of(model):
    """Updates the optimiser has counted; None if it does not count."""
    count = getattr(model.optimizer, "iterations", None)
    return None if count is None else int(to_numpy(count))


def trainable_size(thing):
    """Number of trainable weights."""
    return sum(int(np.prod(v.shape)) for v in thing.trainable_variables)


def all_variables(model):
    """All that a training changes: weights, moving averages, seeds, optimiser."""
    return list(model.variables) + list(model.optimizer.variables)


def snake_case(name):
    """Name of a class with underscores between its words."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def inputs_and_labels(batch):
    """Inputs and labels of a batch as data sets yield it."""
    if not isinstance(batch, (tuple, list)):
        return batch, None
    return batch[0], batch[1] if len(batch) > 1 else None


def map_leaves(function, *trees):
    """Apply a function to the arrays of nested lists, tuples and dictionaries; None stays None."""
    import keras

    return keras.tree.map_structure(lambda *leaves: None if leaves[0] is None else function(*leaves), *trees)


def to_numpy(value):
    """NumPy array of an array, tensor, variable, series or frame."""
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "detach"):
        return value.detach().cpu().numpy()
    if hasattr(value, "to_numpy"):
        return value.to_numpy()
    import keras

    return np.asarray(keras.ops.convert_to_numpy(value))


def to_tensors(arrays):
    """Arrays as Keras would feed them: floating numbers in its default precision."""
    import keras

    floatx = keras.config.floatx()
    return map_leaves(
        lambda leaf: keras.ops.convert_to_tensor(leaf, floatx if leaf.dtype.kind == "f" else None), arrays
    )


def some_rows(tree, index):
    """Some of the rows of every array."""
    return map_leaves(lambda leaf: to_numpy(leaf)[index], tree)


def first_leaf(tree):
    """The first of nested arrays."""
    import keras

    return keras.tree.flatten(tree)[0]


def row_count(tree):
    """Rows of the first of nested arrays."""
    return int(first_leaf(tree).shape[0])
