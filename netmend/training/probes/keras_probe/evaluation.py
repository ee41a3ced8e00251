"""What a model is measured on, and its predictions.

The evaluation data are, in this order: those of the last `evaluate` after training whose rows are not training rows;
the validation data of `fit`; its validation split; the withheld rows. Predictions that the program compares with labels
itself are not seen: netmend cannot know what they are compared with.
"""

import contextlib
import sys

import numpy as np

from ..measures import EVALUATION_ROWS
from .data import row_hashes
from .describing import puts_out_logits
from .readings import row_count, some_rows, to_numpy, to_tensors
from .sampling import inference

PREDICTION_BYTES = 64 * 2**20
PREDICT_ROWS = 512


class Evaluation:
    """Predicts the evaluation data of a model."""

    def __init__(self, keras, report, sampling):
        self.keras, self.report, self.sampling = keras, report, sampling

    def measure(self, watched):
        """Save predictions, labels and row hashes of the evaluation data, or say why there are none."""
        if not watched.training.readable:
            watched.training.readable = True  # now that training is over
            self.report.tell_training_data(watched)
            self.report.tell_training(watched)
            self.sampling.sample(watched)
        data, origin = self.data(watched)
        if data is None:
            reason = (
                "The program never measures the model on data it was not trained on: there is neither an evaluate() "
                "on other rows nor validation data in fit()."
            )
            self.report.tell("no-evaluation", watched, reason=reason, arrays=watched.training.arrays)
            return
        x, y = data.rows(EVALUATION_ROWS)
        labels = self.keras.tree.flatten(y)
        predictions, outputs = self.predict(watched.model, x)
        if max(outputs, len(labels)) > 1:
            self.report.warn("The model has several outputs; only its first output is measured.")
        rows = len(predictions)
        x, y = some_rows(x, slice(rows)), labels[0][:rows]
        for role, arrays, count in (("inputs", x, data.count()), ("labels", y, data.count())):
            self.report.tell_data(watched, "eval_" + role, arrays, count)
        self.report.tell_data(watched, "outputs", predictions, rows)
        y = y.astype(np.float32) if y.dtype.kind == "f" else y
        digest = self.report.save("evaluation", y_true=y, y_pred=predictions, row_hash=row_hashes(x))
        file = {"file": "evaluation.npz", "sha256": digest, "rows": rows}
        self.report.tell("evaluation", watched, origin=origin, logits=puts_out_logits(watched.model), **file)

    def data(self, watched):
        """The data to measure on and where they are from; None if there are none."""
        seen = None
        for data in reversed(watched.evaluations):
            x, y = data.rows(EVALUATION_ROWS)
            if y is None:
                continue
            seen = row_hashes(watched.training.rows(None)[0]) if seen is None else seen
            known = np.isin(row_hashes(x), seen)
            if known.mean() <= 0.5:
                return data, "evaluate"
            self.report.warn(
                f"evaluate() was called on {len(known)} rows, of which {known.sum()} are also training rows. Such a "
                "score does not tell how the model does on new data, so this call was not used to measure it."
            )
        usable = watched.validation is not None and watched.validation.rows(1)[1] is not None
        return (watched.validation, watched.origin) if usable else (None, "")

    def predict(self, model, x):
        """The first output for every row, up to `PREDICTION_BYTES`, and the number of outputs."""
        torch = sys.modules["torch"] if self.keras.backend.backend() == "torch" else None
        parts, rows, start = [], row_count(x), 0
        with inference(model), torch.no_grad() if torch else contextlib.nullcontext():
            while start < rows:
                batch = to_tensors(some_rows(x, slice(start, start + PREDICT_ROWS)))
                with self.keras.StatelessScope():
                    outputs = self.keras.tree.flatten(model(batch, training=False))
                parts.append(to_numpy(outputs[0]).astype(np.float32))
                rows = min(rows, max(1, PREDICTION_BYTES * len(parts[0]) // max(parts[0].nbytes, 1)))
                start += PREDICT_ROWS
        return np.concatenate(parts)[:rows], len(outputs)
