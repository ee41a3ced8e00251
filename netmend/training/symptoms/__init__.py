"""One file per symptom of a training run."""
