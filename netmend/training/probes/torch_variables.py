"""Finds training rows and labels among the variables of a PyTorch program that does not use a `DataLoader`.

A neighbour of `torch_probe.py`, which loads it by path; Python 3.8 and NumPy only, `torch` is handed in.
"""

import sys
from pathlib import Path

import numpy as np

INPUT_WORDS = ("inputs", "input", "images", "features", "data", "x")
LABEL_WORDS = ("labels", "label", "targets", "target", "y")
OUTPUT_WORDS = ("pred", "out", "logit", "prob", "loss", "hat", "score", "guess")
TEST_WORDS = ("test", "val", "eval")
FRAMES = 4  # of the user's code, innermost first: a loop, a function for an epoch, one for the training, the script


class Variables:
    """Arrays that have a name where the program is just now."""

    def __init__(self, torch):
        self.torch, self.foreign = torch, (str(Path(torch.__file__).parent), str(Path(__file__).parent))

    def frames(self):
        """The user's frames, innermost first."""
        frame = sys._getframe(1)
        while frame is not None:
            if not frame.f_code.co_filename.startswith(self.foreign):
                yield frame
            frame = frame.f_back

    def place(self):
        """Code and line of the user's innermost frame."""
        frame = next(self.frames())
        return frame.f_code, frame.f_lineno

    def scopes(self):
        """Named arrays by frame: local variables, attributes of `self`, global variables."""
        for frame, _ in zip(self.frames(), range(FRAMES)):  # noqa: B905
            found = [frame.f_locals, getattr(frame.f_locals.get("self"), "__dict__", {})]
            if frame.f_globals is not frame.f_locals:
                found.append(frame.f_globals)
            yield from map(self.arrays, found)

    def arrays(self, scope):
        """The arrays among variables."""
        kinds = (self.torch.Tensor, np.ndarray)
        return {name: v for name, v in list(scope.items()) if isinstance(v, kinds) and v.ndim and len(v)}

    def labels(self, x, target, scopes=None):
        """The labels of an input: the variable that fits and pairs by name, else the only one that fits.

        Args:
            x: input of the model. target: labels in training, which show the shape; None if they are not known.
            scopes: where to look, as dictionaries; None for where the program is just now.
        """
        for arrays in self.scopes() if scopes is None else map(self.arrays, scopes):
            for name, start, rows in self.homes(x, arrays):
                found = self.partner(name, rows, arrays, x, target)
                if found is not None:
                    return found[start : start + len(x)]
        return None

    def training_data(self, x):
        """Rows of the variable that a training batch was taken from, and their labels; 0 and None if it is not found.

        The batch itself does not count: whether it is all there is shows in the next step.
        """
        for arrays in self.scopes():
            larger = {n: v for n, v in arrays.items() if len(v) >= len(x) and not self.same(v, x)}
            like = {name: len(v) for name, v in larger.items() if tuple(v.shape[1:]) == tuple(x.shape[1:])}
            rows = {name: rows for name, _, rows in self.homes(x, larger)} or like
            for wanted in (True, False):
                fits = [(n, name) for name, n in rows.items() if _for_training(name) is wanted]
                if fits:
                    count, name = min(fits) if wanted else max(fits)
                    return count, self.partner(name, count, arrays, x, None)
        return 0, None

    def partner(self, name, rows, arrays, x, target):
        """The labels that belong to a variable that holds inputs; None where there is none, or more than one."""
        fits = {n: v for n, v in arrays.items() if n != name and len(v) == rows and self.fits(n, v, x, target)}
        pairs = {n: v for n, v in fits.items() if _pair(name, n)} or (fits if target is not None else {})
        tensors = {id(v): v for v in pairs.values() if self.torch.is_tensor(v)}
        choice = tensors or {id(v): v for v in pairs.values()}
        return next(iter(choice.values())) if len(choice) == 1 else None

    def homes(self, x, arrays):
        """Variables that hold an input, are equal to it, or that it is a slice of: (name, first row, rows).

        The input itself comes first, then the shortest.
        """
        found = []
        for name, value in arrays.items():
            if tuple(value.shape[1:]) != tuple(x.shape[1:]) or len(value) < len(x):
                continue
            if self.same(value, x):
                found.append((0, len(value), name, 0))
            elif self.torch.is_tensor(value) and value.stride() == x.stride() and _storage(value) == _storage(x):
                start = (x.storage_offset() - value.storage_offset()) // max(x.stride(0), 1)
                if 0 <= start <= len(value) - len(x):
                    found.append((1, len(value), name, start))
            elif len(value) == len(x) and self.equal(value, x):
                found.append((2, len(value), name, 0))
        return [(name, start, rows) for _, rows, name, start in sorted(found, key=lambda home: home[:3])]

    def same(self, value, x):
        """Whether a variable is the input itself, or another view of it."""
        return self.torch.is_tensor(value) and value.data_ptr() == x.data_ptr() and len(value) == len(x)

    def equal(self, value, x):
        """Whether the first and the last row of two arrays are the same in the precision of the input."""
        if value.dtype == object:
            return False
        ends = [self.torch.as_tensor(value[n]).to(x) for n in (0, -1)]
        return all(self.torch.equal(end, x[n]) for end, n in zip(ends, (0, -1)))  # noqa: B905

    def fits(self, name, value, x, target):
        """Whether a variable may hold labels: like the training target in shape and kind, and no output of a model."""
        if any(word in name.lower() for word in OUTPUT_WORDS) or getattr(value, "requires_grad", False):
            return False
        if target is None:
            return value.ndim == 1 or (value.ndim == 2 and value.shape[1] < max(x[:1].numel(), 2))
        same = [n for n in value.shape[1:] if n != 1] == [n for n in target.shape[1:] if n != 1]
        return same and (not self.torch.is_tensor(value) or self.whole(value) == self.whole(target))

    def whole(self, value):
        """Whether an array is of whole numbers."""
        return not value.is_floating_point() if self.torch.is_tensor(value) else value.dtype.kind != "f"


def _pair(input_name, label_name):
    """Whether two names differ only in the word for inputs and that for labels: `X_test` and `y_test`."""
    a, b = input_name.lower(), label_name.lower()
    return any(
        a.replace(i, "#", 1) == b.replace(y, "#", 1) for i in INPUT_WORDS if i in a for y in LABEL_WORDS if y in b
    )


def _for_training(name):
    """True if a name says training data, None if it says data for testing, else False."""
    name = name.lower()
    if any(word in name for word in TEST_WORDS) or name.endswith("te"):
        return None
    return "train" in name or name.endswith("tr") or name.startswith("tr_")


def _storage(value):
    return value.untyped_storage().data_ptr()
