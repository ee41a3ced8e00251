"""What a proposer is started with, and a sampler that asks for what a test tells it to."""

import math

import pytest

from netmend.core.records import Draw, Outcome, Purpose, Trial, Verdict
from netmend.program.elements._find import find_all
from netmend.program.source import Program
from netmend.repairs.program.evidence import Evidence
from netmend.repairs.program.proposers._base import Start
from netmend.repairs.program.space import Space
from netmend.search._base import Ask, SamplerKind
from netmend.training.metrics._base import metric_named
from netmend.training.trace import ArrayStats, Trace

LAYERS = ('Dense(32, activation="relu")', "Dense(16)", "Dropout(0.9)", 'Dense(10, activation="tanh")')


@pytest.fixture
def text():
    """A Keras program with these layers."""

    def make(*layers, optimizer='"sgd"', loss='"mean_squared_error"', fit="epochs=27, batch_size=100"):
        calls = "".join(f"    layers.{layer},\n" for layer in layers or LAYERS)
        return (
            "import keras\nfrom keras import layers\n\n"
            f"model = keras.Sequential([\n    keras.Input((20,)),\n{calls}])\n"
            f'model.compile(optimizer={optimizer}, loss={loss}, metrics=["accuracy"])\nmodel.fit(x, y, {fit})\n'
        )

    return make


@pytest.fixture
def trace():
    """A run on class numbers, one-hot rows ("one_hot"), one column of 0 and 1 ("binary") or quantities ("real")."""

    def make(labels="integer", framework="keras"):
        shape = (10,) if labels == "one_hot" else ()
        greatest = {"integer": 9.0, "real": 8.5}.get(labels, 1.0)
        stats = ArrayStats(
            "float32", shape, 100, -1.0 if labels == "real" else 0.0, greatest, 0.5, 0.3,
            integral=labels != "real", distinct=10, one_hot=labels == "one_hot",
        )  # fmt: skip
        width = (1,) if labels in ("binary", "real") else (10,)
        outputs = ArrayStats("float32", width, 100, -0.5, 0.9, 0.1, 0.1)
        return Trace(framework, "torch", 0, loss="mean_squared_error", labels=stats, outputs=outputs)

    return make


@pytest.fixture
def start(text, trace):
    """What a proposer is given; a run costs what its training takes."""

    def make(program=None, labels="integer", **changes):
        source = Program.from_text(text() if program is None else program)
        elements = find_all(source)
        values = {
            "moves": lambda assignment, traces: [], "runs": 3, "seed": 0, "has_goal": True, "score": 0.25,
            "cost": lambda factor: factor, "runs_left": lambda: 1000.0, "train_seconds": 60.0, **changes,
        }  # fmt: skip
        return Start(
            space=Space(source, elements),
            traces=(trace(labels, next((e.framework for e in elements), "keras")),),
            **values,
        )

    return make


class Scripted:
    """A sampler that asks for points a test made, and keeps what it is told."""

    def __init__(self, asks):
        self.asks, self.told, self.problem = list(asks), [], None

    @property
    def kind(self):
        def make(problem):
            self.problem = problem
            return self

        return SamplerKind(make, "a test's own")

    def ask(self):
        """A point is the start and what a test changes of it, by element kind: the first dimension of that kind."""
        if not self.asks:
            return None
        number, changes, *rest = self.asks.pop(0)
        named = {next(name for name in self.problem.start if name.startswith(f"{kind}@")): kind for kind in changes}
        return Ask(number, {**self.problem.start, **{name: changes[kind] for name, kind in named.items()}}, *rest)

    def tell(self, ask, loss):
        self.told.append((ask.number, loss))


@pytest.fixture
def scripted():
    return Scripted


@pytest.fixture
def trial():
    """The trial of a proposal with a score; None is a crash."""

    def make(proposal, score, metric="accuracy", number=1):
        draw = Draw(Purpose.SCREEN, tuple(range(proposal.runs)), proposal.effort)
        outcome = Outcome.INVALID if score is None else Outcome.INCONCLUSIVE
        verdict = Verdict(outcome, "played", score=-math.inf if score is None else score)
        return Trial(number, proposal.patch, draw, Evidence(draw, (), metric_named(metric)), verdict)

    return make
