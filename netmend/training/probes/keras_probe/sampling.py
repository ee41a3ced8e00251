"""Measures the layers of a model on a fixed batch: weights, gradients and outputs, in inference mode.

Layers are measured before the first update, after the last and, while the probe has used less than `PROBE_SHARE` of
the training time, in between. The two are worth their price even where it is higher, as in a training of seconds under
JAX, which must compile the gradient first. Where the data cannot be read yet, only weights are measured.
"""

import contextlib
import inspect

import numpy as np

from ..measures import SAMPLE_ROWS
from .describing import activation_of, leaf_layers
from .layer_statistics import layer_stat
from .readings import learning_rate_of, to_numpy, to_tensors

PROBE_SHARE = 0.04  # of training time, so that the whole probe stays below 5 %


class Sampling:
    """Measures layers, if the job asks for it."""

    def __init__(self, keras, report, full):
        self.keras, self.report, self._full = keras, report, full
        self.backend = keras.backend.backend()

    def after_epoch(self, watched, last):
        """Measure the layers if it is their turn.

        Args:
            last: no epoch of this `fit` follows.
        """
        share = watched.probe_seconds / max(watched.train_seconds, 1e-9)
        due = _on_grid(watched.epochs)
        if (last and watched.fits == 1) or (due and share <= PROBE_SHARE):
            self.sample(watched)
        elif due:
            self.sample(watched, f"Measuring has already used {share:.1%} of the training time.")

    def sample(self, watched, skipped=""):
        """Measure every layer on the fixed sample batch, or say why not; without a batch only the weights."""
        if not self._full:
            return
        if skipped:
            self.report.tell("layer-stats", watched, epoch=watched.epochs, layers=[], skipped=skipped)
            return
        watched.measured = watched.epochs
        if watched.sample is None and watched.training.readable:
            watched.sample = [to_tensors(part) for part in watched.training.rows(SAMPLE_ROWS)]
        rate, layers = learning_rate_of(watched.model.optimizer), []
        slopes, outputs = self.gradients(watched) if watched.sample else ({}, {})
        for number, layer in enumerate(leaf_layers(watched.model)):
            weights = layer.trainable_variables
            arrays = [to_numpy(v).ravel() for v in weights]
            steep = [to_numpy(slopes[id(v)]).ravel() for v in weights if slopes.get(id(v)) is not None]
            output = to_numpy(outputs[number]) if number in outputs else None
            if output is not None and getattr(layer, "data_format", "") == "channels_first" and output.ndim > 2:
                output = np.moveaxis(output, 1, -1)
            layers.append(layer_stat(layer.name, activation_of(layer), arrays, steep, output, rate))
        self.report.tell("layer-stats", watched, epoch=watched.epochs, layers=layers, skipped="")

    def gradients(self, watched):
        """Gradients by variable id and outputs by layer number on the sample batch, in inference mode."""
        model, leaves = watched.model, leaf_layers(watched.model)
        free, fixed = model.trainable_variables, model.non_trainable_variables

        def loss_of(values, others, x, y):
            state = list(zip(free + fixed, values + others))  # noqa: B905
            with self.keras.StatelessScope(state, collect_losses=True), self.spying(leaves) as outputs:
                loss = model.compute_loss(x=x, y=y, y_pred=model(x, training=False), sample_weight=None)
            return loss, outputs

        given = ([v.value for v in free], [v.value for v in fixed], *watched.sample)
        with inference(model):
            if self.backend == "torch":
                import torch

                with torch.enable_grad():
                    loss, outputs = loss_of(*given)
                    found = torch.autograd.grad(loss, given[0], allow_unused=True)
            elif self.backend == "jax":
                import jax

                compiled_for = [id(model.optimizer), *map(id, free)]  # compiling costs more than all calls
                if watched.step is None or watched.step[0] != compiled_for:
                    watched.step = compiled_for, _compiled(jax.value_and_grad(loss_of, has_aux=True))
                (_, outputs), found = watched.step[1](*given)
            else:
                import tensorflow

                with tensorflow.GradientTape() as tape:
                    values = [tensorflow.convert_to_tensor(value) for value in given[0]]
                    tape.watch(values)
                    loss, outputs = loss_of(values, *given[1:])
                found = tape.gradient(loss, values)
        return {id(v): gradient for v, gradient in zip(free, found)}, outputs  # noqa: B905

    @contextlib.contextmanager
    def spying(self, leaves):
        """Collect the first output tensor of every leaf layer that is called, by its number."""
        numbers, outputs = {id(layer): number for number, layer in enumerate(leaves)}, {}
        original = self.keras.Layer.__call__

        def call(layer, *args, **kwargs):
            result = original(layer, *args, **kwargs)
            if id(layer) in numbers:
                outputs[numbers[id(layer)]] = self.keras.tree.flatten(result)[0]
            return result

        self.keras.Layer.__call__ = call
        try:
            yield outputs
        finally:
            self.keras.Layer.__call__ = original


@contextlib.contextmanager
def inference(model):
    """Layers made of torch modules know inference mode only by their own flag."""
    import keras

    flag = model.training if keras.backend.backend() == "torch" else None
    try:
        if flag is not None:
            model.eval()
        yield
    finally:
        if flag is not None:
            model.train(flag)


def _on_grid(epoch):
    """1, 2, 3, 4, 6, 8, 12, 16, 24, ...: dense at the start, logarithmic cost."""
    third = epoch // 3 if epoch % 3 == 0 else epoch
    return epoch & (epoch - 1) == 0 or third & (third - 1) == 0


def _compiled(function):
    """The function compiled by JAX in the shortest time, not for the shortest runs: it is called a few times only.

    Own measurement, gradient of an MLP and of a small CNN on one busy core: 0.6 s and 1.9 s instead of 1.9 s and 3.4 s;
    without compiling, 9 s and 10 s.
    """
    import jax

    known = "compiler_options" in inspect.signature(jax.jit).parameters
    return jax.jit(function, **({"compiler_options": {"xla_backend_optimization_level": 0}} if known else {}))
