"""Watches a Keras 3 program train, from inside its own interpreter, and reports what it saw.

It needs Python 3.8, NumPy and Keras only: it runs where the program runs. The events it reports are listed in
`netmend.training.channel`.

It must not change the training it watches. All its work leaves the random number generators of Python, NumPy, PyTorch
and TensorFlow as they were; forward passes are in inference mode inside `keras.StatelessScope`, which no assignment to
a weight, metric or seed variable leaves; a failure is reported, never raised. Three things change the training, because
the job asks for them: `hold_out` withholds rows, `checkpoint_in` goes on from a saved state, and raises if that does
not fit, and `weights_in` starts from those saved weights that fit.

Contents, each part built on those below it:

    watching           `Watched`, what is known of one model; `Probe`: the wrapped methods, what happens in `fit`
    evaluation         what a model is measured on, predicting it
    sampling           measuring layers on a batch, when they are
    checkpoints        saving and loading states of trainings
    data               `Data`: rows of arrays, generators, data sets and loaders
    reporting          what is told, and the probe's own work
    layer_statistics   `LayerStats`
    describing         layers, regularisers, losses and optimisers in the terms of `LayerInfo` and `Trace`
    random_numbers     putting generators back
    readings           of Keras objects and of nested arrays
"""

import sys

from .watching import Probe, wrapped


def install(job, emit, save):
    """Start watching; called right after Keras was imported.

    Args:
        job: "seed", "detail", "hold_out", "checkpoint_in", "checkpoint_out", "initial_epoch", "weights_in" as in
            `RunRequest`.
        emit: appends an event to the channel. save: writes arrays as `NAME.npz`, returns the file's sha256.

    Returns:
        A function to call after the program's end.
    """
    import keras

    probe = Probe(keras, job, emit, save)
    loaded = [(name, sys.modules.get(name)) for name in ("keras", "torch", "jax", "tensorflow", "numpy")]
    versions = {name: str(getattr(module, "__version__", "")) for name, module in loaded if module is not None}
    emit({"event": "probe", "framework": "keras", "backend": probe.backend, "seed": job["seed"], "versions": versions})
    for name in ("fit", "evaluate", "train_on_batch"):
        setattr(keras.Model, name, wrapped(getattr(keras.Model, name), getattr(probe, name)))
    return probe.finish
