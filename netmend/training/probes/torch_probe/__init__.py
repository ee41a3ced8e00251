"""Watches a plain PyTorch program train, from inside its own interpreter, and reports what it saw.

It needs Python 3.8, NumPy and PyTorch only: it runs where the program runs. The events it reports are listed in
`netmend.training.channel`. It says nothing until an optimiser of `torch.optim` makes a step.

It must not change the training it watches: it draws no random number, changes no tensor, registers no hook on a module
of the user's, and a failure is reported, never raised. The only exception is `hold_out`, which withholds rows from the
first `DataLoader`.

Contents, each part built on those below it:

    watching           `Probe`: what the functions and hooks of PyTorch tell, and what follows for models and epochs
    sampling           which layers are measured when
    evaluation         passes over evaluation data, which of them count, predicting them
    withholding        rows that are kept from training
    loaders            `Pass` over a `DataLoader`
    calls              which modules are called, finding the model among them
    epochs             `Model`: what is known of one model in training, and where its epochs end
    losses             calls of loss functions, losses that are written out
    variables          finding training rows and labels among the variables of the program
    layer_statistics   `LayerStats`
    describing         layers and activations in the terms of `LayerInfo`
    rows               what a row is; knowing rows again
    reporting          what is told; `own`, the mark of the probe's own work
    replacing          functions of PyTorch that tell what they are given
    tensors            small readings of nested tensors

*Continuing* from a checkpoint is not supported: nothing tells how a hand-written loop is entered in its middle.
"""

from .watching import Probe


def install(job, emit, save):
    """Start watching; called right after PyTorch was imported.

    Args:
        job: "seed", "detail", "hold_out" as in `RunRequest`.
        emit: appends an event to the channel. save: writes arrays as `NAME.npz`, returns the file's sha256.

    Returns:
        A function to call after the program's end.
    """
    return Probe(job, emit, save).finish
