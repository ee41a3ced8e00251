"""Functions of PyTorch that tell what they gave and were given, until they are put back."""

import functools


class Replaced:
    """The functions that were replaced, with what stood in their place."""

    def __init__(self):
        self._replaced = []

    def replace(self, owner, name, tell):
        """Have a function tell what it gave and was given; what `tell` returns, if anything, is given instead."""
        original = getattr(owner, name)

        @functools.wraps(original)
        def call(*args, **kwargs):
            value = original(*args, **kwargs)
            told = tell(value, args, kwargs)
            return value if told is None else told

        self.put(owner, name, call)

    def put(self, owner, name, function):
        """Put another function in the place of one."""
        self._replaced.append((owner, name, vars(owner).get(name)))
        setattr(owner, name, function)

    def holds(self, owner):
        """Whether a function of this class or module was replaced."""
        return any(each is owner for each, _, _ in self._replaced)

    def put_back(self):
        """Undo all of it, the last first."""
        for owner, name, original in reversed(self._replaced):
            setattr(owner, name, original) if original is not None else delattr(owner, name)
