"""States of trainings that are saved, gone on from, or started from.

Going on from a saved state raises if it does not fit; starting from saved weights takes those that do.
"""

import json

import numpy as np

from .random_numbers import random_state, set_random_state
from .readings import all_variables, to_numpy


class Checkpoints:
    """The checkpoints that a job asks for."""

    def __init__(self, job, report):
        self.job, self.report = job, report

    def before(self, watched):
        """Load what the first `fit` of a model is to start from."""
        if self.job["checkpoint_in"] and not watched.fits:
            self.load(watched)
        elif self.job.get("weights_in") and not watched.fits:
            self.load_weights(watched)

    def save(self, watched, models):
        """Save weights, optimiser and random state, unless continuing would not equal an uninterrupted training.

        That is so for a second fit or model, and for callbacks of the user, whose state is not known.

        Args:
            models: how many the program trains.
        """
        if not self.job["checkpoint_out"] or watched.fits > 1 or models > 1 or not watched.resumable:
            return
        arrays = {f"v{number}": to_numpy(v) for number, v in enumerate(all_variables(watched.model))}
        arrays["paths"] = np.array([v.path for v in watched.model.variables])
        state = json.dumps(random_state(), default=lambda array: array.tolist())
        np.savez(self.job["checkpoint_out"], random=np.array(state), **arrays)
        self.report.tell("checkpoint", watched, path=self.job["checkpoint_out"], epochs=watched.epochs)

    def load(self, watched):
        """Continue from a checkpoint.

        Raises:
            ValueError: it is of another model; to train from scratch instead would be a wrong answer.
        """
        optimiser = getattr(watched.model, "optimizer", None)
        if optimiser is not None and not optimiser.built:  # TensorFlow builds it in the first update
            optimiser.build(watched.model.trainable_variables)
        variables = all_variables(watched.model)
        with np.load(self.job["checkpoint_in"]) as arrays:
            if len(variables) != len(arrays.files) - 2:
                raise ValueError("the checkpoint is of a model with other variables")
            for number, variable in enumerate(variables):
                variable.assign(arrays[f"v{number}"])
            set_random_state(json.loads(str(arrays["random"])))

    def load_weights(self, watched):
        """Start from trained weights where name and shape fit; all else, and the optimiser, starts afresh."""
        with np.load(self.job["weights_in"]) as arrays:
            trained = {str(path): arrays[f"v{number}"] for number, path in enumerate(arrays["paths"])}
        for variable in watched.model.weights:
            if variable.path in trained and trained[variable.path].shape == tuple(variable.shape):
                variable.assign(trained[variable.path])
