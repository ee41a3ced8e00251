"""Readings of the nested tensors that batches and arguments are made of."""

import collections.abc
import types


def tensors(values, name=""):
    """All tensors of a batch in order, with the keys they stand under."""
    import torch

    if isinstance(values, torch.Tensor):
        yield name, values
    elif isinstance(values, (list, tuple)):
        for key, value in zip(getattr(values, "_fields", [name] * len(values)), values):  # noqa: B905
            yield from tensors(value, key.lower())
    else:
        for key, value in named_parts(values).items():
            yield from tensors(value, str(key).lower())


def named_parts(values):
    """What a dictionary, or an object that holds a batch as its attributes, is made of; {} for anything else."""
    import torch

    if isinstance(values, collections.abc.Mapping):
        return values
    whole = (torch.nn.Module, torch.utils.data.Dataset, torch.utils.data.DataLoader, type, types.ModuleType)
    if isinstance(values, whole) or not hasattr(values, "__dict__") or callable(values):
        return {}
    kinds = (torch.Tensor, collections.abc.Mapping, list, tuple)
    return {key: value for key, value in vars(values).items() if isinstance(value, kinds)}


def first(values):
    """The first tensor of a batch that has rows, without its graph; None if there is none."""
    if not hasattr(values, "requires_grad"):
        values = values if isinstance(values, (list, tuple)) else list(named_parts(values).values())
        return next((found for found in map(first, values) if found is not None), None)
    if not values.ndim:
        return None
    return values.detach() if values.requires_grad else values


def first_argument(given):
    """The first of the arguments of a model; None if it has none."""
    args, kwargs = given
    return next(iter((*args, *kwargs.values())), None)


def shape_of(output):
    """Shape of the first tensor that a module puts out; () if there is none."""
    output = first(output)
    return () if output is None else tuple(output.shape)


def packed_in(given):
    """The `PackedSequence` that comes first in some arguments; None if there is none."""
    import torch

    value = first_argument(given) if isinstance(given, tuple) and len(given) == 2 else None
    return value if isinstance(value, torch.nn.utils.rnn.PackedSequence) else None


def readable(loss):
    """A loss as a number, or where reading it would wait for a device, as a tensor."""
    loss = loss.mean() if loss.ndim else loss
    return loss.item() if loss.is_cpu else loss.detach()


def to_numpy(values):
    """An array of a tensor on any device; NumPy has no bfloat16."""
    import torch

    if isinstance(values, torch.Tensor):
        values = values.detach().cpu()
        values = (values.float() if values.dtype == torch.bfloat16 else values).numpy()
    return values


def same(value, x):
    """Whether a value is a tensor that begins at the same place in memory as another and has as many rows."""
    return hasattr(value, "data_ptr") and value.data_ptr() == x.data_ptr() and len(value) == len(x)


def equal(one, other):
    """Whether two tensors, perhaps on different devices, hold the same numbers."""
    return one.shape == other.shape and one.dtype == other.dtype and one.detach().to(other.device).equal(other)
