"""Ends a program at its first update: by then its model, loss and labels have been found to fit together.

It needs Python 3.8 only and imports nothing of netmend: it runs where the program runs, in place of the probes.

What has happened by then depends on the framework. A PyTorch program has made the forward pass, loss and backward pass
of its first batch. Keras has first built model, loss and metrics with its own `_symbolic_build`, on symbols of the
first batch (on PyTorch and JAX; TensorFlow leaves that to its first update), and then the gradient of the first batch,
for real on PyTorch, traced on JAX and TensorFlow. No weight, optimiser state or file is changed by the update itself:
the process ends before it, without the program's own tidying up.
"""

import functools
import os


def watch(framework, emit):
    """End this process at the first update; called right after the framework was imported.

    Args:
        framework: "keras" or "torch". emit: appends an event to the channel.
    """

    def end():
        emit({"event": "built"})
        os._exit(0)

    {"keras": _keras, "torch": _torch}[framework](end)


def _keras(end):
    import keras

    name = "_backend_apply_gradients"  # behind the check that there are gradients at all, before anything is assigned
    for kind in keras.optimizers.Optimizer.__mro__:
        if name in vars(kind):
            setattr(kind, name, functools.wraps(vars(kind)[name])(lambda *args, **kwargs: end()))


def _torch(end):
    from torch.optim import optimizer

    def before_step(stepping, args, kwargs):
        for closure in (*args[1:], *kwargs.values()):  # LBFGS and others call the model inside of their step
            if callable(closure):
                closure()
        end()

    optimizer.register_optimizer_step_pre_hook(before_step)
