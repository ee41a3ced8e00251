"""What a program says when it crashes before it trains."""

from __future__ import annotations

import re

from netmend.training.trace import Trace

_TOO_GREAT = re.compile("Target [0-9]+ is out of bounds|outside the valid range|Class values must be smaller")
"""What PyTorch, TensorFlow and Keras on PyTorch say of a label for which there is no output."""

_OUTDATED = re.compile(
    r"invalid index of a 0-dim tensor|has no attribute '(predict_(classes|proba|generator)|evaluate_generator|next)'"
    r"|KeyError: '(val_)?acc'|module 'numpy' has no attribute|np\.\w+` was removed"
)
"""What Keras, PyTorch and NumPy say of names of earlier versions that programs use after their first update."""

_ASKED = re.compile(
    r"an embedding of (?P<rows>\d+) rows was asked for row (?P<row>\d+)"
    r"|= (?P<number>\d+) is not in \[0, (?P<size>\d+)\)"
)
"""What is told of a failed look-up (`netmend.training.probes.outcome`), and what TensorFlow says of one."""

_NO_GPU = re.compile("not compiled with CUDA|no NVIDIA driver|[Nn]o CUDA GPUs|no CUDA-capable|MPS backend .*not")
"""What PyTorch says where a program asks for a GPU and there is none that it can use."""

_LONE_ROW = "Expected more than 1 value per channel when training"
"""What PyTorch says of a batch of one row before batch normalisation."""


def said(trace: Trace) -> str:
    """The error's own words, without the line in which it was raised; "" for a program that trains."""
    return "" if trace.crash is None else re.sub(r" \([^()]*:\d+\)$", "", trace.crash.detail)


def label_too_great(detail: str) -> bool:
    """Whether an error is about a label for which there is no output, which may come in any batch."""
    return bool(_TOO_GREAT.search(detail))


def asked_of_embedding(detail: str) -> tuple[int, int] | None:
    """How many rows an embedding has, and which it was asked for without having it, which may be in any batch."""
    found = _ASKED.search(detail)
    return None if found is None else (int(found["rows"] or found["size"]), int(found["row"] or found["number"]))


def outdated(detail: str) -> bool:
    """Whether an error is about a name of an earlier version that is often used late, as for a first score."""
    return bool(_OUTDATED.search(detail))


def lacks_gpu(detail: str) -> bool:
    """Whether an error is about a GPU that there is not."""
    return bool(_NO_GPU.search(detail))


def lone_row(detail: str) -> bool:
    """Whether an error is about a batch of one row, which may be the last of an epoch."""
    return _LONE_ROW in detail


def numbers(trace: Trace) -> tuple[int, ...]:
    """The whole numbers above 0 in them, each once, the last first: what was found follows what was expected."""
    found = [int(each) for each in re.findall(r"(?<![\w.-])\d+(?!\w|\.\d)", said(trace).replace("x", " "))]
    return tuple(dict.fromkeys(number for number in reversed(found) if number > 0))
