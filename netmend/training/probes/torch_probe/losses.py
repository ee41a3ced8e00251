"""Losses: which function a program calls, with what, and what it writes out itself, in the terms of `Trace`."""

import math
import sys

from .rows import sequences

LOSSES = {  # function of torch.nn.functional: canonical name, whether it applies the last activation itself
    "cross_entropy": ("sparse_categorical_crossentropy", True),
    "nll_loss": ("negative_log_likelihood", False),
    "binary_cross_entropy": ("binary_crossentropy", False),
    "binary_cross_entropy_with_logits": ("binary_crossentropy", True),
    "mse_loss": ("mean_squared_error", False),
    "l1_loss": ("mean_absolute_error", False),
    "smooth_l1_loss": ("huber", False),
    "huber_loss": ("huber", False),
    "kl_div": ("kullback_leibler_divergence", False),
    "poisson_nll_loss": ("poisson", False),
    "multi_margin_loss": ("categorical_hinge", True),
    "soft_margin_loss": ("soft_margin", True),
    "multilabel_soft_margin_loss": ("multilabel_soft_margin", True),
    "multilabel_margin_loss": ("multilabel_margin", True),
    "hinge_embedding_loss": ("hinge_embedding", False),
    "gaussian_nll_loss": ("gaussian_nll", False),
}


class LossCall:
    """A call of a loss function: its name and value, what it was given, and the label that it passes over, if any."""

    def __init__(self, name, value, input, target, ignored):
        self.name, self.value, self.input, self.target = name, value.detach(), input.detach(), target.detach()
        self.ignored = ignored if name in ("cross_entropy", "nll_loss") else None

    def is_given(self, output):
        """Whether the loss was computed on this output of a model, or on a view of it."""
        return output is not None and output.data_ptr() == self.input.data_ptr()

    def labels(self, given, shape, steps_first):
        """The target, rows first; None if it is no tensor of rows.

        Labels of all positions in one line are put beside their rows, in the order that the output of the model has.

        Args:
            given, shape: arguments of the model, shape of its output. steps_first: as in `Model`.
        """
        target = self.target
        if not target.ndim:
            return None
        values = self.input.numel() // max(target.numel(), 1)  # given for each label
        if len(shape) > 2 and target.ndim <= 2 and len(target) != shape[0] and math.prod(shape) == self.input.numel():
            if target.numel() == math.prod(shape):
                target = target.reshape(shape)
            elif values == shape[-1]:
                target = target.reshape(shape[:-1])
            elif values == shape[1]:
                target = target.reshape(shape[0], *shape[2:])
        return sequences(target, given, shape, steps_first)


def called_within(modules):
    """Whether the code that runs just now was called by one of these modules."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "forward" and any(frame.f_locals.get("self") is module for module in modules):
            return True
        frame = frame.f_back
    return False


def written_loss(node):
    """Name of a loss that is written out, from the operations that made it; "" if it is not one we know."""
    for _ in range(4):
        if node is None:
            return ""
        name, inputs = type(node).__name__, [source for source, _ in node.next_functions]
        if name.startswith("Pow") or (name.startswith("Mul") and len(inputs) == 2 and inputs[0] is inputs[1]):
            return "mean_squared_error"
        if name.startswith("Abs"):
            return "mean_absolute_error"
        if not name.startswith(("Mean", "Sum", "Div", "Mul")):
            return ""
        node = next((source for source in inputs if source is not None), None)
    return ""
