"""What a program says when it crashes before it trains."""

from __future__ import annotations

import re

from netmend.training.trace import Trace

_TOO_GREAT = re.compile("Target [0-9]+ is out of bounds|outside the valid range|Class values must be smaller")
"""What PyTorch, TensorFlow and Keras on PyTorch say of a label for which there is no output."""

_LONE_ROW = "Expected more than 1 value per channel when training"
"""What PyTorch says of a batch of one row before batch normalisation."""


def said(trace: Trace) -> str:
    """The error's own words, without the line in which it was raised; "" for a program that trains."""
    return "" if trace.crash is None else re.sub(r" \([^()]*:\d+\)$", "", trace.crash.detail)


def label_too_great(detail: str) -> bool:
    """Whether an error is about a label for which there is no output, which may come in any batch."""
    return bool(_TOO_GREAT.search(detail))


def lone_row(detail: str) -> bool:
    """Whether an error is about a batch of one row, which may be the last of an epoch."""
    return _LONE_ROW in detail


def numbers(trace: Trace) -> tuple[int, ...]:
    """The whole numbers above 0 in them, each once, the last first: what was found follows what was expected."""
    found = [int(each) for each in re.findall(r"(?<![\w.-])\d+(?!\w|\.\d)", said(trace).replace("x", " "))]
    return tuple(dict.fromkeys(number for number in reversed(found) if number > 0))
