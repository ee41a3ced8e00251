"""Finds training rows and labels among the variables of the program.

In a loop without a `DataLoader`, the training rows are the variable that the batch is a slice of (one whose name says
train, else the longest whose name does not say test), else the longest one of that shape. Labels are the variable that
pairs with the input's by name: `X_test` and `y_test`.
"""

import sys
from pathlib import Path

import numpy as np

from .tensors import same

HERE = str(Path(__file__).parent.parent)  # of the launcher and all that it loads
FRAMES = 4  # of the user's code, innermost first: a loop, a function for an epoch, one for the training, the script

INPUT_WORDS = ("inputs", "input", "images", "features", "data", "x")
LABEL_WORDS = ("labels", "label", "targets", "target", "y")
OUTPUT_WORDS = ("pred", "out", "logit", "prob", "loss", "hat", "score", "guess")
TEST_WORDS = ("test", "val", "eval")
TRAINING, PARTS = "train", ("training", "val", "valid", "validation", "dev", "test", "eval")  # names of parts of data


def user_frames():
    """The user's frames, innermost first."""
    import torch

    foreign = (str(Path(torch.__file__).parent), HERE)
    frame = sys._getframe(1)
    while frame is not None:
        if not frame.f_code.co_filename.startswith(foreign):
            yield frame
        frame = frame.f_back


def scopes():
    """Named arrays by frame: local variables, attributes of `self`, global variables."""
    for frame, _ in zip(user_frames(), range(FRAMES)):  # noqa: B905
        yield arrays_in(frame.f_locals)
        yield arrays_in(getattr(frame.f_locals.get("self"), "__dict__", {}))
        if frame.f_globals is not frame.f_locals:
            yield arrays_in(frame.f_globals)


def part_named():
    """What the variables of the program call the rows in use, as in `for split in ("train", "val")`; "" if nothing."""
    for frame, _ in zip(user_frames(), range(FRAMES)):  # noqa: B905
        for value in list(frame.f_locals.values()) if frame.f_locals is not frame.f_globals else ():
            if isinstance(value, str) and value.lower() in (TRAINING, *PARTS):
                return value.lower()
    return ""


def arrays_in(scope):
    """The arrays among variables."""
    import torch

    kinds = (torch.Tensor, np.ndarray)
    return {name: v for name, v in list(scope.items()) if isinstance(v, kinds) and v.ndim and len(v)}


def labels_of(x, target, where=None):
    """The labels of an input: the variable that fits and pairs by name, else the only one that fits; None if none.

    Args:
        x: input of the model. target: labels in training, which show the shape; None if they are not known.
        where: variables by name; None for those of the program just now.
    """
    for arrays in scopes() if where is None else [arrays_in(where)]:
        for name, start, rows in homes(x, arrays):
            found = partner(name, rows, arrays, x, target)
            if found is not None:
                return found[start : start + len(x)]
    return None


def training_data(x, target=None):
    """Rows of the variable that a training batch was taken from, and their labels; 0 and None if it is not found.

    The batch itself does not count: whether it is all there is shows in the next step. Nor do its labels, which in
    models of language have its shape.
    """
    for arrays in scopes():
        larger = {name: v for name, v in arrays.items() if len(v) >= len(x) and not same(v, x)}
        if target is not None:
            larger = {n: v for n, v in larger.items() if getattr(v, "data_ptr", int)() != target.data_ptr()}
        like = {name: len(v) for name, v in larger.items() if tuple(v.shape[1:]) == tuple(x.shape[1:])}
        sizes = {name: rows for name, _, rows in homes(x, larger)} or like
        for wanted in (True, False):
            fits = [(rows, name) for name, rows in sizes.items() if for_training(name) is wanted]
            if fits:
                rows, name = min(fits) if wanted else max(fits)
                return rows, partner(name, rows, arrays, x, None)
    return 0, None


def homes(x, arrays):
    """Variables that hold an input, are equal to it, or that it is a slice of: (name, first row, rows).

    The input itself comes first, then the shortest.
    """
    found = []
    for name, value in arrays.items():
        if value.ndim > 1 and tuple(value.shape[1:]) != tuple(x.shape[1:]):
            value = value.swapaxes(0, 1)  # sequences side by side
        if tuple(value.shape[1:]) != tuple(x.shape[1:]) or len(value) < len(x):
            continue
        if same(value, x):
            found.append((0, len(value), name, 0))
        elif one_memory(value, x):
            start = (x.storage_offset() - value.storage_offset()) // max(x.stride(0), 1)
            if 0 <= start <= len(value) - len(x):
                found.append((1, len(value), name, start))
        elif len(value) == len(x) and same_ends(value, x):
            found.append((2, len(value), name, 0))
    return [(name, start, rows) for _, rows, name, start in sorted(found)]


def one_memory(value, x):
    """Whether a variable is a tensor in the same memory as the input, laid out like it."""
    if isinstance(value, np.ndarray) or value.stride() != x.stride():
        return False
    return value.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()


def same_ends(value, x):
    """Whether the first and the last row of two arrays are the same in the precision of the input."""
    import torch

    return value.dtype != object and all(torch.as_tensor(value[n]).to(x).equal(x[n]) for n in (0, -1))


def partner(name, rows, arrays, x, target):
    """The labels that belong to a variable that holds inputs; None where there is none, or more than one."""
    fits = {n: v for n, v in arrays.items() if n != name and len(v) == rows and may_be_labels(n, v, x, target)}
    pairs = {n: v for n, v in fits.items() if pair(name, n)} or (fits if target is not None else {})
    tensors = {id(v): v for v in pairs.values() if not isinstance(v, np.ndarray)}
    choice = tensors or {id(v): v for v in pairs.values()}
    return next(iter(choice.values())) if len(choice) == 1 else None


def may_be_labels(name, value, x, target):
    """Whether a variable is like the training target in shape and kind, and no output of a model."""
    if any(word in name.lower() for word in OUTPUT_WORDS) or getattr(value, "requires_grad", False):
        return False
    if target is None:
        return value.ndim == 1 or (value.ndim == 2 and value.shape[1] < max(x[:1].numel(), 2))
    shapes = [[n for n in each.shape[1:] if n != 1] for each in (value, target)]
    real = [
        each.dtype.kind == "f" if isinstance(each, np.ndarray) else each.is_floating_point() for each in (value, target)
    ]
    return shapes[0] == shapes[1] and (isinstance(value, np.ndarray) or real[0] == real[1])


def pair(input_name, label_name):
    """Whether two names differ only in the word for inputs and that for labels: `X_test` and `y_test`."""
    a, b = input_name.lower(), label_name.lower()
    return any(
        a.replace(i, "#", 1) == b.replace(y, "#", 1) for i in INPUT_WORDS if i in a for y in LABEL_WORDS if y in b
    )


def for_training(name):
    """True if a name says training data, None if it says data for testing, else False."""
    name = name.lower()
    if any(word in name for word in TEST_WORDS) or name.endswith("te"):
        return None
    return "train" in name or name.endswith("tr") or name.startswith("tr_")
