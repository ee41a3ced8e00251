"""What an embedding was asked for that it has no row for: PyTorch's own message does not say.

Standard library and Python 3.8 only; loaded by `outcome.py`. `netmend.repairs.program.operators._crash` reads it.
"""

import contextlib


def failed_lookup(error):
    """One clause, or "" for another error. Keras raises errors of its own behind PyTorch's."""
    while error is not None:
        trace = error.__traceback__
        while trace is not None:
            frame = trace.tb_frame
            if frame.f_code.co_name in ("embedding", "embedding_bag") and "weight" in frame.f_locals:
                with contextlib.suppress(Exception):
                    return _told(frame.f_locals["input"], frame.f_locals["weight"])
            trace = trace.tb_next
        error = error.__context__
    return ""


def _told(numbers, weight):
    rows = len(weight)
    least, greatest = int(numbers.min()), int(numbers.max())
    row = least if least < 0 else greatest
    return "" if 0 <= row < rows else f"an embedding of {rows} rows was asked for row {row}"
