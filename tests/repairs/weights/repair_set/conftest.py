"""Looks at repair sets made by hand."""

import numpy as np
import pytest


@pytest.fixture
def look_at():
    """A look at features as inputs, with wanted labels and what the network predicts."""
    from netmend.repairs.weights.repair_set._base import Look
    from netmend.repairs.weights.specification import Labels, Specification

    def make(features, labels, predicted=None, classes=3, **more):
        features, labels = np.asarray(features, dtype=float), np.asarray(labels)
        predicted = (labels + 1) % classes if predicted is None else np.asarray(predicted)
        outputs = np.eye(classes)[predicted]
        specification = Specification(features.astype(np.float32), Labels(labels))
        slack = np.where(predicted == labels, 1.0, -1.0) - 1e-3
        reference = more.get("reference_features")
        more.setdefault("reference", None if reference is None else np.asarray(reference, np.float32))
        return Look(specification, slack, outputs, features, **more)

    return make


@pytest.fixture
def cloud():
    """Points around the origin."""

    def make(points, width, seed=0, scale=1.0):
        return scale * np.random.default_rng(seed).normal(size=(points, width))

    return make
