"""Realistic repairs, one for every way a repair can end, and the documents made of them."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from netmend.core.exhibits import Box, Boxes, Curve, Curves, DiffExhibit, Facts, Listing, Mark, Table
from netmend.core.records import (
    Cost,
    Diagnosis,
    Draw,
    Finding,
    Outcome,
    Purpose,
    Repair,
    Suspect,
    Trial,
    Verdict,
)
from netmend.report.document import Document, diagnosis_document, document

PROGRAM = '''\
"""Recognise handwritten digits."""

import keras
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

images, labels = load_digits(return_X_y=True)
images = images / 16.0
x_train, x_test, y_train, y_test = train_test_split(images, labels, test_size=0.25, random_state=0)

model = keras.Sequential(
    [
        keras.layers.Input((64,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(10, activation="relu"),
    ]
)
model.compile(
    optimizer=keras.optimizers.SGD(learning_rate=5.0),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
model.fit(x_train, y_train, batch_size=32, epochs=20, validation_data=(x_test, y_test), verbose=2)
print(model.evaluate(x_test, y_test, verbose=0))
'''

DIFF = """\
--- a/train.py
+++ b/train.py
@@ -13,11 +13,11 @@
         keras.layers.Input((64,)),
         keras.layers.Dense(64, activation="relu"),
         keras.layers.Dense(32, activation="relu"),
-        keras.layers.Dense(10, activation="relu"),
+        keras.layers.Dense(10, activation="softmax"),
     ]
 )
 model.compile(
-    optimizer=keras.optimizers.SGD(learning_rate=5.0),
+    optimizer=keras.optimizers.SGD(learning_rate=0.05),
     loss="sparse_categorical_crossentropy",
     metrics=["accuracy"],
 )
"""

CHANGES = ("activation of Dense 3: relu to softmax (train.py:16)", "learning rate of SGD: 5.0 to 0.05 (train.py:20)")

DIAGNOSIS = Diagnosis(
    findings=(
        Finding(
            "output-activation-and-loss",
            "the output layer ends in relu, but sparse_categorical_crossentropy expects probabilities",
            places=("train.py:16:30",),
            severity=1.0,
        ),
        Finding(
            "exploding-gradient",
            "the gradient norm of dense_2 reached 3.2e+04 in epoch 1",
            measured=32154.3,
            threshold=70.0,
            places=("train.py:20:52",),
            basis="training",
            severity=0.9,
        ),
        Finding(
            "dying-relu",
            "94 % of the units of dense_1 are zero for every row",
            measured=0.94,
            threshold=0.7,
            places=("train.py:15:30",),
            basis="training",
            severity=0.6,
        ),
    ),
    suspects=(
        Suspect("train.py:16:42", "activation of Dense 3: relu", 0.96, ("output-activation-and-loss",), True),
        Suspect("train.py:20:52", "learning rate of SGD: 5.0", 0.88, ("exploding-gradient", "dying-relu")),
        Suspect("train.py:15:42", "activation of Dense 2: relu", 0.41, ("dying-relu",)),
        Suspect("train.py:24:52", "epochs: 20", 0.12, experience="31% by likeness to 193 faulty runs"),
    ),
)

AFTER = Diagnosis(
    findings=(
        Finding(
            "dying-relu",
            "72 % of the units of dense_1 are zero for every row",
            measured=0.72,
            threshold=0.7,
            places=("train.py:15:30",),
            basis="training",
            severity=0.4,
        ),
    )
)

COSTS = {
    "observe": Cost(runs=8, run_seconds=19.4, wall_seconds=10.9),
    "control": Cost(runs=8, run_seconds=18.8, wall_seconds=10.2),
    "search": Cost(runs=31, run_seconds=61.3, wall_seconds=34.1, propose_seconds=0.4),
    "minimise": Cost(runs=6, run_seconds=14.2, wall_seconds=8.0),
    "confirm": Cost(runs=8, run_seconds=19.9, wall_seconds=11.1),
}

BEFORE_VALUES = (0.102, 0.098, 0.104, None, 0.102, 0.091, None, 0.107)
AFTER_VALUES = (0.967, 0.971, 0.964, 0.973, 0.969, 0.958, 0.976, 0.967)


@dataclass(frozen=True, slots=True)
class NamedPatch:
    """A patch that is nothing but its description."""

    text: str
    parts: int = 1

    @property
    def id(self) -> str:
        return f"{self.text}/{self.parts}"

    @property
    def size(self) -> int:
        return self.parts

    def describe(self) -> str:
        return self.text

    def smaller(self) -> tuple[NamedPatch, ...]:
        return ()

    def write(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)


NOTHING = NamedPatch("nothing changed", 0)
PATCH = NamedPatch("activation of Dense 3: relu to softmax; learning rate of SGD: 5.0 to 0.05", 2)


def trial(
    number: int,
    patch: NamedPatch,
    outcome: Outcome,
    sentence: str,
    *,
    purpose: Purpose = Purpose.SCREEN,
    runs: int = 1,
    accepted: bool = False,
    score: float = 0.0,
    proposed_by: str = "change of one element",
    effort: float = 1.0,
    harm: str = "",
) -> Trial[NamedPatch, None]:
    draw = Draw(purpose, tuple(range(runs)), effort)
    verdict = Verdict(outcome, sentence, score=score, accepted=accepted, harm=harm)
    return Trial(number, patch, draw, None, verdict, proposed_by, seconds=1.9 * runs * effort)


CONTROL = trial(
    1,
    NOTHING,
    Outcome.NO_EFFECT,
    "accuracy 0.102 in the median of 8 runs, 0.102 before; p = 0.71",
    purpose=Purpose.CONTROL,
    runs=8,
    proposed_by="control",
)
CONFIRMED = trial(
    6,
    PATCH,
    Outcome.PLAUSIBLE,
    "accuracy is 0.968 in the median of 8 fresh runs (0.102 before, goal 0.95); p = 0.00008, A12 = 1.00",
    purpose=Purpose.CONFIRM,
    runs=8,
    accepted=True,
    score=0.968,
    proposed_by="confirm",
)
TRIALS = (
    trial(1, NamedPatch("activation of Dense 3: relu to softmax"), Outcome.NO_EFFECT, "accuracy 0.098; p = 0.6"),
    trial(2, NamedPatch("learning rate of SGD: 5.0 to 0.01"), Outcome.NO_EFFECT, "accuracy 0.11; p = 0.4", effort=0.25),
    trial(
        3,
        NamedPatch("loss: sparse_categorical_crossentropy to mse"),
        Outcome.INVALID,
        "crashed: ValueError at train.py:24",
        score=-math.inf,
    ),
    trial(
        4, NamedPatch("optimiser: SGD to Adam"), Outcome.HARMFUL, "2 of 2 runs end in NaN", runs=2, harm="finite loss"
    ),
    trial(
        5,
        PATCH,
        Outcome.PLAUSIBLE,
        "accuracy 0.97 in 4 of 4 runs; p = 0.002",
        runs=4,
        accepted=True,
        score=0.97,
        proposed_by="pair of the best",
    ),
)


def losses(side: str, seed: int, epochs: int) -> Curve:
    """A loss curve: before, stuck or not finite from some epoch on; after, falling."""
    noise = random.Random(f"{side}-{seed}")
    if side == "after":
        return Curve(side, seed, tuple(2.2 * math.exp(-0.35 * e) + 0.06 + noise.random() * 0.03 for e in range(epochs)))
    stuck = [2.3026 + noise.random() * 4 * math.exp(-e) + noise.random() * 0.4 for e in range(epochs)]
    broken_from = 3 + seed if seed in (3, 6) else epochs
    return Curve(side, seed, tuple(value if e < broken_from else None for e, value in enumerate(stuck)))


def boxes(before: tuple[float | None, ...] = BEFORE_VALUES, after: tuple[float | None, ...] = AFTER_VALUES) -> Boxes:
    return Boxes(
        "Accuracy on report rows, one point per run.",
        "accuracy",
        True,
        (Box("before", before), Box("after", after)),
        (("trivial predictor", 0.101), ("goal", 0.95)),
    )


def curves(epochs: int = 20, runs: int = 8) -> Curves:
    each = tuple(losses(side, seed, epochs) for side in ("before", "after") for seed in range(runs))
    return Curves("Training loss of every run, before and after the patch.", "loss", each)


LISTING = Listing(
    "The program as it was, with the suspects marked.",
    "train.py",
    PROGRAM,
    (
        Mark(16, 42, "activation of Dense 3: relu", 0.96, ("output-activation-and-loss",)),
        Mark(20, 52, "learning rate of SGD: 5.0", 0.88, ("exploding-gradient", "dying-relu")),
        Mark(15, 42, "activation of Dense 2: relu", 0.41, ("dying-relu",)),
        Mark(24, 52, "epochs: 20", 0.12),
    ),
)
DIFF_EXHIBIT = DiffExhibit("The patch; git apply accepts it.", DIFF, CHANGES)
FACTS = Facts(
    "How it was measured",
    (
        ("metric", "accuracy, because the program compiles with it"),
        ("evaluation data", "validation_data, 450 rows: 225 for the search, 225 for the report"),
        ("versions", "Python 3.11.7, Keras 3.15.0, torch 2.13.0"),
        ("executor", "fork, 2 lanes, 1 thread each"),
        ("seeds", "0 to 7 before, 4000000 to 4000007 after"),
    ),
)
TABLE = Table(
    "Overhead of watching",
    ("what", "seconds", "share"),
    (("training", "1.91", "96.5 %"), ("probe", "0.07", "3.5 %")),
    numeric=("seconds", "share"),
)
REPRODUCE = ("netmend repair train.py --goal 0.95 --budget 20x --seeds 8", "git apply study/patch.diff")
METHODS = ("mann-whitney", "a12", "1-minimal", "equivalence-test", "autotrainer", "deeplocalize", "budget-in-trainings")

REPAIR: Repair[NamedPatch, None] = Repair(
    diagnosis=DIAGNOSIS,
    before=None,
    trials=TRIALS,
    control=CONTROL,
    confirmed=CONFIRMED,
    best=TRIALS[-1],
    after=AFTER,
    ended="a patch meets the requirement",
    costs=COSTS,
)


def plausible() -> Document:
    return document(
        REPAIR,
        kind="program",
        subject="train.py",
        requirement="accuracy of at least 0.95 on rows the search has not seen",
        exhibits=(DIFF_EXHIBIT, LISTING, boxes(), curves(), TABLE, FACTS),
        warnings=("2 of 8 runs before the patch ended in non-finite predictions; they count as failures.",),
        reproduce=REPRODUCE,
        references=METHODS,
        status=0,
    )


def improved() -> Document:
    sentence = "accuracy is 0.871 in the median of 8 fresh runs (0.102 before); p = 0.0003, A12 = 0.98"
    confirmed = trial(9, PATCH, Outcome.IMPROVED, sentence, purpose=Purpose.CONFIRM, runs=8, score=0.87)
    return document(
        replace(REPAIR, confirmed=confirmed, ended="the budget is spent"),
        kind="program",
        subject="train.py",
        exhibits=(DIFF_EXHIBIT, LISTING, boxes(after=tuple(v - 0.1 for v in AFTER_VALUES)), curves()),
        reproduce=REPRODUCE,
        references=METHODS,
        status=1,
    )


def goal_missed() -> Document:
    sentence = "accuracy is 0.871 in the median of 8 fresh runs (0.102 before, goal 0.95); p = 0.0003, A12 = 0.98"
    confirmed = trial(9, PATCH, Outcome.IMPROVED, sentence, purpose=Purpose.CONFIRM, runs=8, score=0.87)
    return document(
        replace(REPAIR, confirmed=confirmed, ended="the budget is spent"),
        kind="program",
        subject="train.py",
        requirement="accuracy of at least 0.95",
        exhibits=(DIFF_EXHIBIT, LISTING, boxes(after=tuple(v - 0.1 for v in AFTER_VALUES)), curves()),
        reproduce=REPRODUCE,
        status=1,
    )


def no_repair() -> Document:
    return document(
        replace(
            REPAIR, trials=TRIALS[:4], confirmed=None, after=None, best=None, ended="nothing promising is left to try"
        ),
        kind="program",
        subject="train.py",
        requirement="accuracy of at least 0.95",
        exhibits=(LISTING, Boxes("Accuracy.", "accuracy", True, boxes().boxes[:1], boxes().lines), curves(runs=0)),
        reproduce=REPRODUCE[:1],
        status=1,
    )


def nothing_to_repair() -> Document:
    healthy = Boxes("Accuracy.", "accuracy", True, (Box("before", AFTER_VALUES),), boxes().lines)
    return document(
        Repair(
            Diagnosis(),
            None,
            nothing_to_repair=True,
            ended="the requirement already holds",
            costs={"observe": Cost(8, 19.0)},
        ),
        kind="program",
        subject="train.py",
        requirement="accuracy of at least 0.95",
        exhibits=(healthy, FACTS),
        reproduce=REPRODUCE[:1],
        status=0,
    )


def interrupted() -> Document:
    best = trial(
        2, NamedPatch("learning rate of SGD: 5.0 to 0.05"), Outcome.IMPROVED, "accuracy 0.71 in 2 of 2 runs", runs=2
    )
    return document(
        replace(
            REPAIR,
            trials=(TRIALS[0], best),
            confirmed=None,
            after=None,
            best=best,
            ended="interrupted",
            interrupted=True,
        ),
        kind="program",
        subject="train.py",
        requirement="accuracy of at least 0.95",
        exhibits=(LISTING,),
        reproduce=("netmend repair train.py --goal 0.95 --resume",),
        status=130,
    )


def notebook() -> Document:
    """One epoch, one run a side, names that are not ASCII, all runs of one side failed."""
    name = "Übung 3 – 数字.ipynb"
    text = "größe = 64  # número de unidades\nモデル = keras.Sequential([keras.layers.Dense(größe)])\n"
    finding = Finding(
        "loss-not-decreasing", "die Loss-Kurve fällt nicht: 2.3 → 2.3", 0.0, 0.01, (f"{name}:2:1",), "training"
    )
    diagnosis = Diagnosis((finding,), (Suspect(f"{name}:1:9", "units of Dense 1: größe = 64", 0.5, (finding.name,)),))
    return document(
        replace(REPAIR, diagnosis=diagnosis, after=Diagnosis()),
        kind="program",
        subject=name,
        requirement="mean absolute error of at most 40",
        exhibits=(
            DiffExhibit(
                "The patch.",
                f"--- a/{name}\n+++ b/{name}\n@@ -1 +1 @@\n-größe = 64\n+größe = 128\n",
                ("größe: 64 → 128",),
            ),
            Listing("The code cells.", name, text, (Mark(1, 9, "units of Dense 1", 0.5, (finding.name,)),)),
            Boxes(
                "Error.",
                "mean absolute error",
                False,
                (Box("before", (None,)), Box("after", (38.2,))),
                (("goal", 40.0),),
            ),
            Curves("Loss.", "loss", (Curve("before", 0, (None,)), Curve("after", 0, (812.0,)))),
        ),
        reproduce=REPRODUCE,
        status=0,
    )


def large() -> Document:
    """200 trials, 1,000 epochs of 16 runs a side, a long program, very long lines."""
    outcomes = (
        Outcome.NO_EFFECT,
        Outcome.NO_EFFECT,
        Outcome.INVALID,
        Outcome.IMPROVED,
        Outcome.HARMFUL,
        Outcome.INCONCLUSIVE,
    )
    trials = tuple(
        trial(
            n,
            NamedPatch(f"learning rate: 5.0 to {n / 1000}"),
            outcomes[n % 6],
            f"accuracy {n / 300:.3f} " * (1 + n % 4),
        )
        for n in range(1, 201)
    )
    text = "\n".join(f"layer_{n} = keras.layers.Dense({n})" for n in range(1, 3000)) + "\n" + "x" * 200_000
    diff = DIFF + "".join(f"+weights_{n} = {'9' * 300}\n" for n in range(2000))
    marks = tuple(Mark(n, 9, f"layer {n} of many", n / 3000, ("dying-relu",)) for n in range(1, 3000, 60))
    return document(
        replace(REPAIR, trials=trials),
        kind="program",
        subject="long/" * 60 + "train.py",
        requirement="accuracy of at least 0.95",
        exhibits=(
            DiffExhibit("The patch.", diff, CHANGES),
            Listing("Long.", "train.py", text, marks),
            boxes(),
            curves(1000, 16),
        ),
        reproduce=REPRODUCE,
        references=METHODS,
        status=0,
    )


HOSTILE = "</script><img src=x onerror=alert(1)>\"'&`|\x1b[31m\x00\x07\u202e\ud800 ]]> --> {{ 7*7 }} {% raw %}"


def hostile() -> Document:
    """Every text a user or a program controls tries to escape."""
    finding = Finding(HOSTILE, HOSTILE, math.nan, math.inf, (HOSTILE,))
    diagnosis = Diagnosis((finding,), (Suspect(HOSTILE, HOSTILE, 0.9, (HOSTILE,)),))
    patch = NamedPatch(HOSTILE)
    confirmed = trial(1, patch, Outcome.PLAUSIBLE, HOSTILE, accepted=True, proposed_by=HOSTILE, harm=HOSTILE)
    return document(
        replace(
            REPAIR,
            diagnosis=diagnosis,
            trials=(confirmed,),
            confirmed=confirmed,
            ended=HOSTILE,
            costs={HOSTILE: Cost(1)},
        ),
        kind=HOSTILE,
        subject=HOSTILE,
        requirement=HOSTILE,
        exhibits=(
            DiffExhibit(
                HOSTILE, f"--- a/{HOSTILE}\n+++ b/{HOSTILE}\n@@ -1 +1 @@\n-{HOSTILE}\n+{HOSTILE}\n", (HOSTILE,)
            ),
            Listing(
                HOSTILE,
                HOSTILE,
                f"{HOSTILE}\n```\n{HOSTILE}",
                (Mark(1, 1, HOSTILE, 0.9, (HOSTILE,)), Mark(99, 1, HOSTILE, 1.0)),
            ),
            Boxes(HOSTILE, HOSTILE, True, (Box(HOSTILE, (math.nan, 1.0)),), ((HOSTILE, 0.5),)),
            Curves(HOSTILE, HOSTILE, (Curve(HOSTILE, 0, (1.0, math.inf)),)),
            Table(HOSTILE, (HOSTILE,), ((HOSTILE,),), (HOSTILE,)),
            Facts(HOSTILE, ((HOSTILE, HOSTILE),)),
        ),
        warnings=(HOSTILE,),
        reproduce=(HOSTILE,),
        references=(HOSTILE,),
        status=0,
    )


def diagnosis() -> Document:
    return diagnosis_document(
        DIAGNOSIS,
        kind="program",
        subject="train.py",
        exhibits=(LISTING, replace(curves(), curves=curves().curves[:8])),
        reproduce=("netmend diagnose train.py",),
        references=("autotrainer",),
        costs={"observe": COSTS["observe"]},
    )


CASES: dict[str, Callable[[], Document]] = {
    made.__name__: made
    for made in (
        plausible,
        improved,
        goal_missed,
        no_repair,
        nothing_to_repair,
        interrupted,
        notebook,
        large,
        hostile,
        diagnosis,
    )
}


@pytest.fixture(params=CASES)
def any_document(request: pytest.FixtureRequest) -> Document:
    """Each of the example documents in turn."""
    return CASES[request.param]()


@pytest.fixture
def example() -> Callable[[str], Document]:
    """The example document of a name: `example("plausible")`."""
    return lambda name: CASES[name]()


@pytest.fixture
def finished_repair() -> Repair[NamedPatch, None]:
    """The repair behind the example "plausible"."""
    return REPAIR
