"""The artificial faults of Kim et al., ICST 2023, section IV: one deviation each from four programs that work.

They were made by DeepCrime. The core tier's nets, images and epochs are shrunk, the deviation is the published one.
"""

from __future__ import annotations

from bench.architecture.faults._base import Alternative, Change, Fault
from bench.architecture.faults._mutant import Subject, mutant

CIFAR = Subject(
    source="CIFAR-10 network",
    data="cifar10",
    metric="accuracy",
    higher_is_better=True,
    fixed=0.70,
    trivial=0.1,
    sizes={"core": {"conv2": 12, "epochs": 8}, "full": {"conv2": 64, "epochs": 50}},
)
EYES = Subject(
    source="UnityEyes gaze network",
    data="eyes",
    metric="angular",
    higher_is_better=False,
    fixed=0.044,
    trivial=None,
    sizes={"core": {"conv2": 10, "dense": 50, "epochs": 8}, "full": {"conv2": 50, "dense": 500, "epochs": 50}},
)
MNIST = Subject(
    source="MNIST network",
    data="mnist",
    metric="accuracy",
    higher_is_better=True,
    fixed=0.99,
    trivial=0.108,
    sizes={"core": {"conv1": 8}, "full": {"conv1": 32}},
)
REUTERS = Subject(
    source="Reuters network",
    data="reuters",
    metric="accuracy",
    higher_is_better=True,
    fixed=0.82,
    trivial=0.358,
    sizes={"core": {"dense": 64}, "full": {"dense": 512}},
)


def _either(kind: str, before: str, layer: int | None = None, **after: float) -> tuple[Alternative, ...]:
    """Alternatives that put other values at one element, each with its published mean."""
    return tuple(Alternative(Change(kind, before, value, layer), mean) for value, mean in after.items())


_CONV2 = 'Conv2D(<conv2>, (3, 3), activation="relu"'
_GAZE2 = 'Conv2D(<conv2>, (5, 5), activation="relu", kernel_initializer=keras.initializers.RandomNormal(0.0, 0.1))'
_ADAM = "optimizer=keras.optimizers.Adam(learning_rate=0.001)"
_OUTPUT46 = 'Dense(46, activation="softmax")'
_CROSS_ENTROPY = 'loss="categorical_crossentropy"'

ARTIFICIAL: tuple[Fault, ...] = (
    mutant(
        "C1",
        CIFAR,
        "ACH",
        "second convolution: hard sigmoid",
        0.61,
        (f"{_CONV2})", 'Conv2D(<conv2>, (3, 3), activation="hard_sigmoid")'),
        Change("activation", "hard_sigmoid", "relu", 2),
    ),
    mutant(
        "C2",
        CIFAR,
        "HNE",
        "1 epoch",
        0.52,
        ("epochs=<epochs>", "epochs=1"),
        Change("epochs", 1, "<epochs>"),
    ),
    mutant(
        "C3",
        CIFAR,
        "WCI",
        "second convolution: kernel of ones",
        0.49,
        (f"{_CONV2})", f'{_CONV2}, kernel_initializer="ones")'),
        Change("initialiser", "ones", "glorot_uniform", 2),
        alternatives=_either("initialiser", "ones", 2, he_normal=0.691),
        note="the alternative was measured for a kernel of zeros",
    ),
    mutant(
        "U1",
        EYES,
        "AAL",
        "output: softplus",
        0.184,
        ("gaze = Dense(2)(x)", 'gaze = Dense(2, activation="softplus")(x)'),
        Change("activation", "softplus", "linear", 7),
    ),
    mutant(
        "U2",
        EYES,
        "RAW",
        "dense layer: kernel regulariser l1_l2 of 0.01 each",
        0.118,
        (
            'Dense(<dense>, activation="relu", kernel_initializer="glorot_normal")',
            'Dense(\n    <dense>,\n    activation="relu",\n    kernel_initializer="glorot_normal",\n'
            "    kernel_regularizer=keras.regularizers.L1L2(l1=0.01, l2=0.01),\n)",
        ),
        Change("regulariser", "l1_l2(0.01, 0.01)", "none", 5),
    ),
    mutant(
        "U3",
        EYES,
        "ACH",
        "second convolution: exponential",
        0.121,
        ('Conv2D(<conv2>, (5, 5), activation="relu"', 'Conv2D(<conv2>, (5, 5), activation="exponential"'),
        Change("activation", "exponential", "relu", 2),
    ),
    mutant(
        "U4",
        EYES,
        "HNE",
        "1 epoch",
        0.4,
        ("epochs=<epochs>", "epochs=1"),
        Change("epochs", 1, "<epochs>"),
    ),
    mutant(
        "U5",
        EYES,
        "HLR",
        "learning rate 0.001",
        0.071,
        ("SGD(learning_rate=0.01)", "SGD(learning_rate=0.001)"),
        Change("learning-rate", 0.001, 0.01),
    ),
    mutant(
        "U6",
        EYES,
        "LCH",
        "loss: mean squared logarithmic error",
        0.13,
        ("loss=angular", 'loss="mean_squared_logarithmic_error"'),
        Change("loss", "mean_squared_logarithmic_error", "angular"),
        outside_elements=("the loss is a function of the program's own, which it still reports as its metric",),
    ),
    mutant(
        "U7",
        EYES,
        "OCH",
        "Adadelta with its default rate of 0.001",
        0.098,
        ("optimizer=SGD(learning_rate=0.01)", 'optimizer="adadelta"'),
        Change("optimiser", "adadelta", "sgd"),
        Change("learning-rate", 0.001, 0.01, follows=True),
        note="the published searches started from a rate of 0.01, at which the figure is 0.052",
    ),
    mutant(
        "U8",
        EYES,
        "WCI",
        "second convolution: kernel of ones",
        0.163,
        (_GAZE2, 'Conv2D(<conv2>, (5, 5), activation="relu", kernel_initializer="ones")'),
        Change("initialiser", "ones", "random_normal(0, 0.1)", 2),
    ),
    mutant(
        "M1",
        MNIST,
        "HLR",
        "Adadelta with a rate of 0.001",
        0.85,
        ("Adadelta(learning_rate=1.0)", "Adadelta(learning_rate=0.001)"),
        Change("learning-rate", 0.001, 1.0),
        alternatives=_either("optimiser", "adadelta", adamax=0.990, nadam=0.990),
    ),
    mutant(
        "M2",
        MNIST,
        "WCI",
        "first convolution: kernel of zeros",
        0.11,
        (
            'Conv2D(<conv1>, kernel_size=(3, 3), activation="relu")',
            'Conv2D(<conv1>, kernel_size=(3, 3), activation="relu", kernel_initializer="zeros")',
        ),
        Change("initialiser", "zeros", "glorot_uniform", 0),
        alternatives=(
            *_either("initialiser", "zeros", 0, he_normal=0.990, glorot_normal=0.990, random_normal=0.990),
            *_either("bias-initialiser", "zeros", 0, he_normal=0.990, glorot_normal=0.990),
        ),
    ),
    mutant(
        "M3",
        MNIST,
        "ARM",
        "output: linear",
        0.10,
        ('Dense(10, activation="softmax")', 'Dense(10, activation="linear")'),
        Change("activation", "linear", "softmax", 7),
        alternatives=(
            *_either("activation", "linear", 7, sigmoid=0.990, exponential=0.990),
            *_either("loss", "categorical_crossentropy", mean_squared_error=0.990, squared_hinge=0.990),
        ),
    ),
    mutant(
        "R1",
        REUTERS,
        "RAW",
        "first dense layer: kernel regulariser l1 of 0.01",
        0.51,
        ('Dense(<dense>, activation="relu")', 'Dense(<dense>, activation="relu", kernel_regularizer="l1")'),
        Change("regulariser", "l1(0.01)", "none", 0),
    ),
    mutant(
        "R2",
        REUTERS,
        "ACH",
        "output: softsign",
        0.29,
        (_OUTPUT46, 'Dense(46, activation="softsign")'),
        Change("activation", "softsign", "softmax", 2),
        alternatives=(
            *_either("loss", "categorical_crossentropy", categorical_hinge=0.837),
            *_either("activation", "softsign", 2, exponential=0.821, sigmoid=0.816),
        ),
    ),
    mutant(
        "R3",
        REUTERS,
        "HLR",
        "learning rate 1.0",
        0.35,
        (_ADAM, "optimizer=keras.optimizers.Adam(learning_rate=1.0)"),
        Change("learning-rate", 1.0, 0.001),
    ),
    mutant(
        "R4",
        REUTERS,
        "LCH",
        "loss: hinge",
        0.66,
        (_CROSS_ENTROPY, 'loss="hinge"'),
        Change("loss", "hinge", "categorical_crossentropy"),
        alternatives=_either(
            "loss",
            "hinge",
            binary_crossentropy=0.829,
            mean_squared_logarithmic_error=0.828,
            kullback_leibler_divergence=0.821,
            poisson=0.820,
        ),
    ),
    mutant(
        "R5",
        REUTERS,
        "OCH",
        "SGD with its default rate of 0.01",
        0.64,
        (_ADAM, 'optimizer="sgd"'),
        Change("optimiser", "sgd", "adam"),
        Change("learning-rate", 0.01, 0.001, follows=True),
        alternatives=_either("optimiser", "sgd", nadam=0.815),
        note="the published searches, and the alternative, started from a rate of 0.001, at which the figure is 0.457",
    ),
    mutant(
        "R6",
        REUTERS,
        "WCI",
        "first dense layer: kernel of ones",
        0.50,
        ('Dense(<dense>, activation="relu")', 'Dense(<dense>, activation="relu", kernel_initializer="ones")'),
        Change("initialiser", "ones", "glorot_uniform", 0),
        alternatives=_either("initialiser", "ones", 0, glorot_normal=0.819, he_normal=0.819, random_normal=0.815),
    ),
    mutant(
        "R7",
        REUTERS,
        "ARM",
        "output: linear",
        0.30,
        (_OUTPUT46, 'Dense(46, activation="linear")'),
        Change("activation", "linear", "softmax", 2),
        alternatives=(
            *_either("loss", "categorical_crossentropy", hinge=0.831, categorical_hinge=0.824, squared_hinge=0.822),
            *_either("activation", "linear", 2, exponential=0.821),
        ),
    ),
)
