"""Seed everything a training program draws from, and keep it to one thread.

Standard library and Python 3.8 only; loaded by `launch.py`. A script that sets seeds itself would make
all runs of a sample the same run, so the run's seed is added to those of the script. Generators with a seed of their
own (`numpy.random.default_rng(0)`, `random_state=0`, `torch.Generator`) are data preparation and are left alone.
"""

import contextlib
import functools
import os
import random
import sys

SEEDS = 2**32  # NumPy's legacy generator takes seeds below this


class Seeding:
    """The seed of one run, given to each library once that has been imported."""

    def __init__(self, seed, folder, override, warn):
        self._seed, self._folder, self._override, self._warn = seed % SEEDS, folder, override, warn
        self._told = set()
        self._on_import = {
            "numpy": self._numpy,
            "tensorflow": self._tensorflow,
            "torch": self._torch,
            "keras": self._keras,
            "keras._tf_keras.keras.utils": self._keras_utils,
        }
        random.seed(self._seed)
        self._notice(random, "seed", "random.seed")

    @property
    def modules(self):
        """Names of the modules that want to be seeded."""
        return list(self._on_import)

    def imported(self, name):
        """A module has just been imported: seed it, and keep it to one thread."""
        self._on_import[name](sys.modules[name])

    def _numpy(self, numpy):
        numpy.random.seed(self._seed)
        self._notice(numpy.random, "seed", "numpy.random.seed")

    def _torch(self, torch):
        torch.manual_seed(self._seed)
        with contextlib.suppress(RuntimeError):  # it can be set once only
            torch.set_num_interop_threads(1)
        for name in ("set_num_threads", "set_num_interop_threads"):
            setattr(torch, name, self._one_thread("torch." + name))
        for module in (torch, torch.random):
            self._notice(module, "manual_seed", "torch.manual_seed")

    def _tensorflow(self, tensorflow):
        tensorflow.random.set_seed(self._seed)
        self._notice(tensorflow.random, "set_seed", "tensorflow.random.set_seed")

    def _keras(self, keras):
        try:
            from keras.src.backend.common import global_state

            global_state.set_global_attribute("global_random_seed", self._seed)
            global_state.set_global_attribute("global_seed_generator", None)  # made anew from Python's, seeded above
        except ImportError:
            pass  # Keras 2 keeps no state of its own
        self._keras_utils(keras.utils)

    def _keras_utils(self, utils):
        self._notice(utils, "set_random_seed", "keras.utils.set_random_seed")

    def _notice(self, module, name, label):
        """Replace a seeding function by one that knows when the script itself calls it."""
        original = getattr(module, name)

        @functools.wraps(original)
        def seed(*arguments, **options):
            place = _caller(self._folder)
            if place is not None:
                what = "the seed of each run was added" if self._override else "the seed of a run changes nothing there"
                self._tell(f"{place} sets the seed itself with {label}: {what}.")
            if place is None or not self._override:
                return original(*arguments, **options)
            given = [*arguments, *options.values(), 0][0]
            return original(((given if type(given) is int else 0) + self._seed) % SEEDS)

        setattr(module, name, seed)

    def _one_thread(self, label):
        """What stands in for a function that sets the number of threads: run times must be comparable."""

        def ignored(*arguments, **options):
            place = _caller(self._folder)
            if place is not None:
                self._tell(f"{place} calls {label}: ignored, every run keeps to one thread.")

        return ignored

    def _tell(self, text):
        if text not in self._told:
            self._told.add(text)
            self._warn(text)


def _caller(folder):
    """File and line of whoever called the function that calls this, if that is the user's own code."""
    frame = sys._getframe(2)
    name = frame.f_code.co_filename
    if not name.startswith(folder + os.sep):
        return None
    relative = name[len(folder) + 1 :].replace(os.sep, "/")
    # A notebook runs as a script of its name with ".py" behind, and has the same lines.
    return f"{relative[: -len('.py')] if relative.endswith('.ipynb.py') else relative}:{frame.f_lineno}"
