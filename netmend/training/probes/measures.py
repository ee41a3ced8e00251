"""What both probes measure alike: statistics of arrays, checksums of rows, which rows to withhold, and some bounds."""

import zlib

import numpy as np

STATISTICS_ROWS, LISTED_CLASSES = 10000, 100  # as `ArrayStats` promises
EVALUATION_ROWS = 20000  # the metric's standard error is below 0.4 % with 20,000 rows
SAMPLE_ROWS = 256  # of a batch for layer statistics: shares in steps below 0.5 %
SATURATED = 0.007  # sigmoid(-5): inputs beyond +-5, as `LayerStats.saturated_share` says
RELU_LIKE = ("relu", "relu6", "leaky_relu", "prelu")


def array_stats(array, rows, labels):
    """The fields of `ArrayStats`.

    Args:
        rows: of the whole that the array is a part of. labels: whether it holds labels, whose classes are counted.
    """
    array = array[: max(1, 2**24 // max(array[:1].size, 1))]  # at most 128 MiB as float64
    stats = {"dtype": str(array.dtype), "shape": array.shape[1:], "rows": rows, **moments(np.zeros(0))}
    classes = array.reshape(len(array), -1)
    if array.dtype.kind in "biufc" and array.size:
        values = array.real.astype(np.float64)
        finite = values[np.isfinite(values)]
        stats.update(moments(finite), nonfinite=values.size - finite.size)
        stats["integral"] = bool(finite.size == values.size and (finite == np.round(finite)).all())
        if array.ndim == 2 and array.shape[1] > 1 and np.isin(values, (0, 1)).all() and (values.sum(1) == 1).all():
            stats["one_hot"] = True
            classes = values.argmax(1)[:, None]
    if labels and classes.shape[1] == 1:
        found, counts = np.unique(classes, return_counts=True)
        stats.update(distinct=min(len(counts), 1000), largest_share=float(counts.max() / counts.sum()))
        if stats.get("integral") and len(found) <= LISTED_CLASSES:
            stats["classes"], stats["shares"] = [int(value) for value in found], (counts / counts.sum()).tolist()
    return stats


def moments(values):
    """Minimum, maximum, mean and standard deviation; NaN where there are no values."""
    functions = {"minimum": np.min, "maximum": np.max, "mean": np.mean, "std": np.std}
    return {name: float(function(values)) if values.size else float("nan") for name, function in functions.items()}


def row_hashes(inputs, rows):
    """A checksum of every row of some inputs as 32-bit floats; several inputs are chained in order.

    Args:
        inputs: arrays, each with so many rows, or lists of rows that differ in length; bytes are taken as they are.
    """
    hashes = [0] * rows
    for values in inputs:
        if isinstance(values, list):
            values = [_as_floats(row) for row in values]
        else:
            values = values if values.dtype.kind == "S" else _as_floats(values)
        hashes = [zlib.crc32(row.tobytes(), start) for row, start in zip(values, hashes)]  # noqa: B905
    return np.array(hashes, dtype=np.uint32)


def _as_floats(values):
    return np.ascontiguousarray(values, dtype=np.float32)


def withheld(rows, share):
    """Which rows to withhold: those whose number has a checksum below the share; the same in every run."""
    numbers = np.array([zlib.crc32(number.to_bytes(4, "little")) for number in range(rows)], dtype=np.float64)
    return numbers < share * 2**32
