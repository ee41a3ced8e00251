"""The nine faults from Stack Overflow, by way of DeepFD, in Keras and PyTorch: faulty programs and published fixes.

D1, D3, D6, D7 and D8 make their own data and train in seconds, so one program serves every tier; those of D2, D4, D5
and D9 are shrunk in the core tier. In PyTorch a softmax is part of the cross-entropy: where the published fix only adds
or removes one, the PyTorch fix has a change less.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bench.architecture.faults._base import (
    Alternative,
    Change,
    Fault,
    Framework,
    Published,
    Sizes,
    Tier,
    Variant,
    sized,
    sized_change,
)

Written = tuple[tuple[tuple[str, str], ...], tuple[Change, ...]]
"""Texts of the faulty program and what stands there in the fixed one, and the elements that this changes."""

NOTHING: Sizes = {}
CROSS_ENTROPY = "sparse_categorical_crossentropy(from_logits)"
BINARY = "binary_crossentropy(from_logits)"


def _real(
    name: str,
    question: int,
    what: str,
    metric: str,
    published: Published,
    keras: Written,
    torch: Written,
    *,
    alternatives: tuple[Alternative, ...] = (),
    data: tuple[str, ...] = (),
    tiers: tuple[Tier, ...] = ("smoke", "core", "full"),
    sizes: Mapping[Tier, Sizes] | None = None,
    comparable: bool = True,
    sensible: bool = True,
    outside_in_torch: tuple[str, ...] = (),
    note: str = "",
) -> Fault:
    """A fault whose programs are written faulty. Without `sizes` one program serves all `tiers`."""
    numbers_of = sizes or dict.fromkeys(tiers, NOTHING)

    def variants() -> Iterator[tuple[tuple[Framework, Tier], Variant]]:
        written: dict[Framework, Written] = {"keras": keras, "torch": torch}
        for framework, (replacements, changes) in written.items():
            for tier, numbers in numbers_of.items():
                yield (
                    (framework, tier),
                    Variant(
                        file=f"{framework}/{name.lower()}{f'_{tier}' if sizes else ''}.py",
                        written="faulty",
                        replacements=tuple((sized(old, numbers), sized(new, numbers)) for old, new in replacements),
                        changes=tuple(sized_change(change, numbers) for change in changes),
                        alternatives=alternatives,
                        outside_elements=outside_in_torch if framework == "torch" else (),
                        data=data,
                        comparable=comparable and (tier == "full" or not sizes),
                    ),
                )

    return Fault(
        id=name,
        kind="real",
        source=f"Stack Overflow {question}",
        what=what,
        metric=metric,
        higher_is_better=metric == "accuracy",
        published=published,
        variants=dict(variants()),
        sensible=sensible,
        note=note,
    )


REAL: tuple[Fault, ...] = (
    _real(
        "D1",
        31880720,
        "softmax on one output is constant",
        "accuracy",
        Published(0.52, 1.0, 0.525),
        keras=((('"softmax"', '"sigmoid"'),), (Change("activation", "softmax", "sigmoid", 7),)),
        torch=((("nn.Softmax(dim=1)", "nn.Sigmoid()"),), (Change("activation", "softmax", "sigmoid", 7),)),
        alternatives=(Alternative(Change("activation", "softmax", "relu", 7), 1.0),),
        note="the published holdout has 40 rows; here netmend splits the 200 test rows",
    ),
    _real(
        "D2",
        41600519,
        "RMSprop, one row a batch, one epoch",
        "accuracy",
        Published(0.53, 0.71, 0.665),
        keras=(
            (('optimizer="rmsprop"', 'optimizer="adam"'), ("epochs=1, batch_size=1", "epochs=100, batch_size=64")),
            (Change("optimiser", "rmsprop", "adam"), Change("epochs", 1, 100), Change("batch-size", 1, 64)),
        ),
        torch=(
            (
                ("torch.optim.RMSprop(", "torch.optim.Adam("),
                ("batch_size=1,", "batch_size=64,"),
                ("range(1)", "range(100)"),
            ),
            (Change("optimiser", "rmsprop", "adam"), Change("batch-size", 1, 64), Change("epochs", 1, 100)),
        ),
        data=("particles",),
        sizes={"core": NOTHING, "full": NOTHING},
        sensible=False,
        note="every published patch is about as good as always answering the commonest class",
    ),
    _real(
        "D3",
        45442843,
        "absolute error on classes, squashed hidden unit, too few updates",
        "accuracy",
        Published(0.61, 1.0, 0.505),
        keras=(
            (
                ('Activation("sigmoid")', 'Activation("relu")'),
                ('activation="softmax"', 'activation="sigmoid"'),
                ('loss="mean_absolute_error"', 'loss="mean_squared_error"'),
                ('optimizer="rmsprop"', 'optimizer="adam"'),
                ("epochs=10, batch_size=200", "epochs=100, batch_size=500"),
            ),
            (
                Change("activation", "sigmoid", "relu", 1),
                Change("activation", "softmax", "sigmoid", 2),
                Change("loss", "mean_absolute_error", "mean_squared_error"),
                Change("optimiser", "rmsprop", "adam"),
                Change("epochs", 10, 100),
                Change("batch-size", 200, 500),
            ),
        ),
        torch=(
            (
                ("nn.Sigmoid()", "nn.ReLU()"),
                ("nn.Softmax(dim=1)", "nn.Sigmoid()"),
                ("nn.L1Loss()", "nn.MSELoss()"),
                ("torch.optim.RMSprop(", "torch.optim.Adam("),
                ("batch_size=200", "batch_size=500"),
                ("range(10)", "range(100)"),
            ),
            (
                Change("activation", "sigmoid", "relu", 1),
                Change("activation", "softmax", "sigmoid", 3),
                Change("loss", "mean_absolute_error", "mean_squared_error"),
                Change("optimiser", "rmsprop", "adam"),
                Change("batch-size", 200, 500),
                Change("epochs", 10, 100),
            ),
        ),
        alternatives=(
            Alternative(Change("batch-size", 200, 16), 1.0),
            Alternative(Change("batch-size", 200, 32), 0.995),
            Alternative(Change("learning-rate", 0.001, 0.01), 0.998),
        ),
        comparable=False,
        note="the original table is not public: an imitation in every tier",
    ),
    _real(
        "D4",
        48385830,
        "no activations, squared error, learning rate 3",
        "accuracy",
        Published(0.1, 0.94, 0.108),
        keras=(
            (
                ("input_dim=<inputs>,", 'input_dim=<inputs>,\n        activation="sigmoid",'),
                ("Dense(10, kernel", 'Dense(10, activation="softmax", kernel'),
                ('loss="mean_squared_error"', 'loss="categorical_crossentropy"'),
                ("learning_rate=3.0", "learning_rate=0.1"),
            ),
            (
                Change("activation", "linear", "sigmoid", 0),
                Change("activation", "linear", "softmax", 1),
                Change("loss", "mean_squared_error", "categorical_crossentropy"),
                Change("learning-rate", 3.0, 0.1),
            ),
        ),
        torch=(
            (
                ("x = self.hidden(x)", "x = torch.sigmoid(self.hidden(x))"),
                ("nn.MSELoss()", "nn.CrossEntropyLoss()"),
                ("lr=3.0", "lr=0.1"),
            ),
            (
                Change("activation", "linear", "sigmoid", 0),
                Change("loss", "mean_squared_error", CROSS_ENTROPY),
                Change("learning-rate", 3.0, 0.1),
            ),
        ),
        data=("mnist",),
        sizes={"core": {"inputs": 196}, "full": {"inputs": 784}},
    ),
    _real(
        "D5",
        48594888,
        "too few updates: large batches, few epochs",
        "accuracy",
        Published(0.66, 0.75, 0.1),
        keras=(
            (("batch_size=<batch>, epochs=5", "batch_size=<half>, epochs=15"),),
            (Change("batch-size", "<batch>", "<half>"), Change("epochs", 5, 15)),
        ),
        torch=(
            (("batch_size=<batch>,", "batch_size=<half>,"), ("range(5)", "range(15)")),
            (Change("batch-size", "<batch>", "<half>"), Change("epochs", 5, 15)),
        ),
        data=("cifar10",),
        sizes={"core": {"batch": 200, "half": 100}, "full": {"batch": 1000, "half": 500}},
    ),
    _real(
        "D6",
        50306988,
        "too small a learning rate for five epochs",
        "accuracy",
        Published(0.45, 1.0, 0.5),
        keras=(
            (
                ('activation="softmax"', 'activation="sigmoid"'),
                ('loss="categorical_crossentropy"', 'loss="binary_crossentropy"'),
                ("learning_rate=0.001", "learning_rate=0.1"),
                ("epochs=5", "epochs=100"),
            ),
            (
                Change("activation", "softmax", "sigmoid", 1),
                Change("loss", "categorical_crossentropy", "binary_crossentropy"),
                Change("learning-rate", 0.001, 0.1),
                Change("epochs", 5, 100),
            ),
        ),
        torch=(
            (("nn.CrossEntropyLoss()", "nn.BCEWithLogitsLoss()"), ("lr=0.001", "lr=0.1"), ("range(5)", "range(100)")),
            (
                Change("loss", CROSS_ENTROPY, BINARY),
                Change("learning-rate", 0.001, 0.1),
                Change("epochs", 5, 100),
            ),
        ),
        note="the published holdout has 8 rows; here netmend splits 400 test rows from the same boxes",
    ),
    _real(
        "D7",
        51181393,
        "too small a learning rate",
        "mae",
        Published(6.71, 0.13, 1.25),
        keras=((("learning_rate=0.001", "learning_rate=0.1"),), (Change("learning-rate", 0.001, 0.1),)),
        torch=((("lr=0.001", "lr=0.1"),), (Change("learning-rate", 0.001, 0.1),)),
        alternatives=(
            Alternative(Change("learning-rate", 0.001, 0.01), 0.25),
            Alternative(Change("optimiser", "rmsprop", "sgd"), 0.445),
        ),
        note="the published holdout has 4 rows; here netmend splits 200 test rows on the same line",
    ),
    _real(
        "D8",
        56380303,
        "plain SGD",
        "accuracy",
        Published(0.22, 0.33, 0.571),
        keras=(
            (
                ("import SGD", "import Adam"),
                ("SGD(learning_rate=0.01)", "Adam(learning_rate=0.0001)"),
            ),
            (Change("optimiser", "sgd", "adam"), Change("learning-rate", 0.01, 0.0001)),
        ),
        torch=(
            (("torch.optim.SGD(model.parameters(), lr=0.01)", "torch.optim.Adam(model.parameters(), lr=0.0001)"),),
            (Change("optimiser", "sgd", "adam"), Change("learning-rate", 0.01, 0.0001)),
        ),
        tiers=("core", "full"),
        sensible=False,
        note="a constant answer beats the published fix; the metric is accuracy by the largest of twenty outputs",
    ),
    _real(
        "D9",
        59325381,
        "labels scaled like pixels, test images not scaled, no activations",
        "accuracy",
        Published(0.1, 0.99, 0.113),
        keras=(
            (
                ("x_train, y_train = x_train / 255, y_train / 255", "x_train, x_test = x_train / 255, x_test / 255"),
                (
                    'Conv2D(<conv1>, (3, 3), padding="same")',
                    'Conv2D(<conv1>, (3, 3), padding="same", activation="selu")',
                ),
                (
                    'Conv2D(<conv2>, (3, 3), padding="same")',
                    'Conv2D(<conv2>, (3, 3), padding="same", activation="sigmoid")',
                ),
                ("batch_size=<batch>", "batch_size=<more>"),
            ),
            (
                Change("input-scaling", "divide(255) in training only", "divide(255)"),
                Change("label-form", "divide(255) in training only", "none"),
                Change("activation", "linear", "selu", 0),
                Change("activation", "linear", "sigmoid", 2),
                Change("batch-size", "<batch>", "<more>"),
            ),
        ),
        torch=(
            (
                ("x_train, y_train = x_train / 255, y_train / 255", "x_train, x_test = x_train / 255, x_test / 255"),
                ("nn.Conv2d(1, <conv1>, 3, padding=1),", "nn.Conv2d(1, <conv1>, 3, padding=1),\n    nn.SELU(),"),
                (
                    "nn.Conv2d(<conv1>, <conv2>, 3, padding=1),",
                    "nn.Conv2d(<conv1>, <conv2>, 3, padding=1),\n    nn.Sigmoid(),",
                ),
                ("batch_size=<batch>,", "batch_size=<more>,"),
            ),
            (
                Change("input-scaling", "divide(255) in training only", "divide(255)"),
                Change("activation", "linear", "selu", 0),
                Change("activation", "linear", "sigmoid", 2),
                Change("batch-size", "<batch>", "<more>"),
            ),
        ),
        data=("mnist",),
        sizes={
            "core": {"conv1": 16, "conv2": 8, "batch": 10, "more": 25},
            "full": {"conv1": 64, "conv2": 32, "batch": 32, "more": 200},
        },
        outside_in_torch=("the labels must not be scaled",),
        note="no hyperparameter repairs it: every scaled label is of class 0",
    ),
)
