"""The fifteen published cases of FetaFix, stood in for by what can be had.

Models and directions are those with published results (github.com/luludak/FetaFix at cd0b5b4, read for its facts); the
original files are not public. Where a direction has no runtime here, its spelling stands in: channels last for Keras
and TensorFlow, our own writer for TFLite. Put in is what the published log of the case edits: weights and biases (WB),
padding of convolutions (LH), operators (CG), input dimensions (ID), and a wrong scale of the input where a run with it
is published. Cases whose log edits nothing are healthy pairs that must stay as they are. Where
paddings are edited the spelling is one in which convolutions pad by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

SCALE, PADDING, WEIGHTS = "input-scale", "padding", "corrupted-weights"
DIMENSIONS = "reshape-for-transpose|permutation|axis|operand-order"
"""Of these the first that has a place."""


@dataclass(frozen=True, slots=True)
class Published:
    """One case.

    Attributes:
        direction: as published. spelling: of the target here, the first that there is.
        faults: put in all together; a bar separates alternatives.
    """

    subject: str
    direction: str
    spelling: str
    faults: tuple[str, ...]


PUBLISHED = (
    Published("inception-v3", "TF to TFLite", "tflite float32", (WEIGHTS, WEIGHTS, "bias")),
    Published("inception-v3", "PyTorch to Keras", "channels-last|all-at-once", (SCALE, PADDING, PADDING)),
    Published("mobilenet-v2", "Keras to TFLite", "tflite int8", (SCALE, WEIGHTS, WEIGHTS)),
    Published("mobilenet-v2", "Keras to PyTorch", "renamed", (SCALE, PADDING)),
    Published("mobilenet-v2", "TF to Keras", "renamed", (SCALE, PADDING, PADDING, "removed-operator")),
    Published("mobilenet-v2", "TF to TFLite", "tflite uint8", (WEIGHTS, WEIGHTS, "bias")),
    Published("mobilenet-v2", "PyTorch to Keras", "clipped-by-extremes", (SCALE, PADDING, PADDING)),
    Published("mobilenet-v2", "PyTorch to TF", "mean-of-axes", (SCALE, PADDING, PADDING, PADDING)),
    Published("resnet101", "Keras to PyTorch", "not folded", (SCALE, PADDING, PADDING, "added-operator")),
    Published("resnet101", "Keras to TFLite", "tflite float32", (WEIGHTS, WEIGHTS, PADDING, "removed-operator")),
    Published("resnet101", "TF to TFLite", "tflite float32", ()),
    Published("resnet101", "TF to Keras", "channels-last|all-at-once", (DIMENSIONS,)),
    Published("resnet101", "TFLite to Keras", "renamed", ()),
    Published("resnet101", "PyTorch to TF", "mean-of-axes|all-at-once", ()),
    Published("resnet101", "PyTorch to TFLite", "tflite float32", (DIMENSIONS,)),
)
