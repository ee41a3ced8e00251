"""Whether rows that are alike have labels that are alike: if not, labels may belong to other rows."""

import numpy as np

ROWS, FEWEST, COLUMNS, NEAREST, CLASSES = 512, 100, 4096, 5, 100


def likeness(inputs, labels):
    """How like the label of a row is to those of the rows nearest to it, in standard errors above what chance gives.

    About 0 for labels that belong to other rows, usually above 10 for those that belong to theirs. Up to 512 rows and
    4,096 columns are looked at, evenly spread; columns are brought to one scale.

    Args:
        inputs, labels: arrays of as many rows; labels are class numbers, one-hot rows or one quantity for each row.

    Returns:
        The correlation of labels with the mean of the five nearest rows', times the square root of the rows, over the
        classes for classes; None where labels are of another form, constant, or too few to tell.
    """
    if len(inputs) != len(labels) or len(labels) < FEWEST or inputs.dtype.kind not in "biuf":
        return None
    chosen = np.linspace(0, len(labels) - 1, min(len(labels), ROWS)).astype(int)
    rows, targets = inputs[chosen].reshape(len(chosen), -1), _columns(labels[chosen])
    rows = _standardised(rows[:, :: -(-rows.shape[1] // COLUMNS) or 1].astype(np.float64))
    if targets is None or not rows.size or not targets.size or not np.isfinite(rows).all():
        return None
    squares = (rows**2).sum(1)
    distances = squares[:, None] + squares[None, :] - 2 * rows @ rows.T
    np.fill_diagonal(distances, np.inf)
    near = targets[np.argpartition(distances, NEAREST, axis=1)[:, :NEAREST]].mean(1)
    spread = near.std(0)
    correlations = (targets * (near - near.mean(0))).mean(0) / np.where(spread > 0, spread, 1)
    return float(correlations.mean() * np.sqrt(len(chosen) * max(1, targets.shape[1] - 1)))


def _columns(labels):
    """A column for each class, or the only quantity, of mean 0 and deviation 1; None for labels of another form."""
    if labels.dtype.kind not in "biuf" or not np.isfinite(labels).all():
        return None
    values = labels.reshape(len(labels), -1)
    if values.shape[1] == 1:
        found = np.unique(values)
        classes = len(found) <= CLASSES and (found == np.round(found)).all()
        return _standardised(values == found if classes else values.astype(np.float64))
    hot = np.isin(values, (0, 1)).all() and (values.sum(1) == 1).all()
    return _standardised(values.astype(np.float64)) if hot else None


def _standardised(values):
    """Columns of mean 0 and deviation 1; those that are constant are left out."""
    values = values.astype(np.float64)
    spread = values.std(0)
    return (values[:, spread > 0] - values.mean(0)[spread > 0]) / spread[spread > 0]
