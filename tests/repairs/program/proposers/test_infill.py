"""The order in which `infill` proposes, on programs whose trainings are played."""

from collections import Counter
from pathlib import Path

import pytest

from netmend.core.records import Draw, Outcome, Purpose, Trial, Verdict
from netmend.program.elements._find import find_all
from netmend.program.source import Program
from netmend.repairs.program.evidence import Evidence, SeededRun
from netmend.repairs.program.infill import counts
from netmend.repairs.program.infill._base import Wish, Wishes
from netmend.repairs.program.proposers import infill
from netmend.repairs.program.proposers._base import Start
from netmend.repairs.program.proposers._legal import MOST_COST
from netmend.repairs.program.proposers.auto import PATIENCE
from netmend.repairs.program.proposers.infill import EVERY, KIND
from netmend.repairs.program.space import Space
from netmend.training.metrics._base import metric_named
from netmend.training.runs import RunResult
from netmend.training.trace import RunEnd, Trace

KERAS = """
import keras
from keras import layers
model = keras.Sequential([
    keras.Input((20,)),
    layers.Dense(64, activation="{hidden}"),
    layers.Dense(64, activation="{hidden}"),
    layers.Dense(10, activation="{last}"),
])
model.compile(optimizer="{optimiser}", loss="{loss}", metrics=["accuracy"])
model.fit(x, y, epochs={epochs})
"""
GOOD = {
    "hidden": "relu",
    "last": "softmax",
    "optimiser": "adam",
    "loss": "sparse_categorical_crossentropy",
    "epochs": 10,
}
TORCH = """
import torch
from torch import nn
model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 1))
optimiser = torch.optim.SGD(model.parameters(), lr=1e-6)
loss_function = nn.BCEWithLogitsLoss()
for epoch in range(10):
    optimiser.zero_grad()
    loss_function(model(x), y).backward()
    optimiser.step()
"""


@pytest.fixture(autouse=True)
def _counts(monkeypatch):
    monkeypatch.setattr(infill, "filled_by", lambda filler, program, tell: (counts.read(), Wishes()))


def started(text, **changes):
    program = text if isinstance(text, Program) else Program.from_text(text)
    space = Space(program, find_all(program))
    values = {"runs": 3, "seed": 0, "has_goal": True, "train_seconds": 1.0, "cost": lambda factor: factor, **changes}
    values.setdefault("runs_left", lambda: 1000.0)
    traces = values.pop("traces", ())
    return KIND.start(Start(space=space, traces=traces, moves=lambda *_: [], **values)), space


def keras(**changes):
    return KERAS.format(**{**GOOD, **changes})


def play(proposer, score=lambda change: 0.0, most=20):
    told = []
    while len(told) < most and (proposal := proposer.ask()) is not None:
        value = score(proposal.patch.describe())
        outcome = Outcome.IMPROVED if value > 0 else Outcome.NO_EFFECT
        run = SeededRun(0, RunResult(RunEnd.FINISHED, "", 1, 1, 0, 0, Path("x"), Trace("keras", "torch", 0)), None)
        draw = Draw(Purpose.SCREEN, (0,), proposal.effort)
        evidence = Evidence(draw, (run,), metric_named("accuracy"))
        proposer.tell(Trial(len(told), proposal.patch, draw, evidence, Verdict(outcome, "", score=value)))
        told.append(proposal)
    return told


def described(told):
    return [proposal.patch.describe() for proposal in told]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (keras(last="relu"), "activation of Dense 3: relu -> softmax"),
        (keras(loss="hinge"), "loss of compile: hinge -> "),
        (keras(hidden="softmax"), "activation of Dense 1: softmax -> "),
        (TORCH, "learning-rate of SGD: 1e-06 -> "),
    ],
)
def test_what_is_oddest_comes_first(text, first):
    assert described(play(started(text)[0], most=1))[0].startswith(first)


def test_what_is_written_alike_is_changed_together():
    told = play(started(keras(hidden="softplus"))[0], most=4)
    both = "activation of Dense 1: softplus -> relu; activation of Dense 2: softplus -> relu"
    assert both in described(told)


def test_a_missing_argument_is_written():
    text = keras(optimiser="sgd").replace('optimizer="sgd"', "optimizer=keras.optimizers.SGD()")
    told = play(started(text)[0], most=60)
    found = [proposal for proposal in told if "learning-rate of SGD: 0.01" in proposal.patch.describe()]
    assert found and "missing" in found[0].reason
    assert "learning_rate=0." in found[0].patch.patched_program().main.text


def test_loss_and_last_activation_move_together():
    told = described(play(started(keras(last="sigmoid", loss="mse"))[0], most=12))
    assert any("sparse_categorical_crossentropy" in each and "softmax" in each for each in told)


def test_layers_come_and_go():
    text = keras().replace('    layers.Dense(64, activation="relu"),\n', "    layers.Dropout(0.5),\n", 1)
    told = described(play(started(text)[0], most=60))
    assert any(each.startswith("layer of ") for each in told)
    assert any(each.startswith(("layer-repeats", "normalisation")) for each in told)


def test_an_improvement_is_built_upon_at_once():
    proposer, _ = started(keras(last="relu"))
    told = described(play(proposer, lambda change: float("softmax" in change), most=3))
    assert told[0] == "activation of Dense 3: relu -> softmax"
    assert all("softmax" in each and each.count("->") > 1 for each in told[1:])


def test_values_of_an_element_that_did_not_help_come_later():
    text = keras(last="relu")
    plain, _ = started(text)
    told = described(play(plain, most=10))
    kinds = [each.partition(":")[0] for each in told if ";" not in each]
    assert len(set(kinds)) > 1
    assert kinds.count(kinds[0]) < len(kinds)


def test_nothing_is_proposed_twice_and_the_queue_ends():
    told = play(started(keras(last="relu"))[0], most=1000)
    ids = [proposal.patch.id for proposal in told]
    assert 20 < len(ids) == len(set(ids)) < 1000


def test_only_longer_is_never_first_and_at_most_every_third():
    told = play(started(keras(epochs=1))[0], most=30)
    longer = [proposal.reason.startswith("only longer") for proposal in told]
    assert any(longer) and not any(longer[: EVERY - 1])
    assert all(sum(longer[at : at + EVERY]) <= 1 for at in range(len(longer)))
    only = [each for each, is_longer in zip(described(told), longer, strict=True) if is_longer]
    assert all(each.startswith(("epochs", "batch-size")) for each in only)


def test_what_costs_more_than_is_left_or_far_too_much_is_left_out():
    told = described(play(started(keras(epochs=1), runs_left=lambda: 6.0)[0], most=100))
    assert "epochs of fit: 1 -> 5" in told
    assert "epochs of fit: 1 -> 10" not in told
    dear, _ = started(keras(epochs=1))
    play(dear, most=1000)
    (table,) = dear.exhibits()
    assert any(row[4] == "takes far too long" for row in table.rows)
    assert MOST_COST < 10


def test_without_a_goal_the_search_ends_when_nothing_better_turns_up():
    proposer, _ = started(keras(last="relu"), has_goal=False)
    told = play(proposer, lambda change: float("softmax" in change) - 0.001 * change.count("->"), most=1000)
    assert PATIENCE < len(told) < 3 * PATIENCE


def test_labels_keep_losses_out_that_cannot_take_them():
    from tests.repairs.program.proposers.test_sieve import trace

    classes = trace([0, 1, 2, 9], "sparse_categorical_crossentropy", 10)
    proposer, _ = started(keras(last="relu"), traces=(classes,))
    assert not any("loss of compile" in each for each in described(play(proposer, most=60)))
    assert Counter(row[4] for row in proposer.exhibits()[0].rows)["its loss cannot take the labels"] == 1


def test_the_report_says_what_became_of_each_candidate():
    proposer, _ = started(keras(last="relu"))
    told = play(proposer, lambda change: float("softmax" in change), most=5)
    (queued,) = proposer.exhibits()
    tried = [row for row in queued.rows if row[0] != "-"]
    assert [row[1] for row in tried] == described(told)
    assert tried[0][4] == "improved"


def test_what_a_filler_asks_for_is_tried_first_and_what_it_said_besides_is_counted(monkeypatch):
    program = Program.from_text(keras())
    optimiser = next(each for each in find_all(program) if each.kind == "optimiser")

    def asked(filler, program, tell):
        tell("asking")
        return counts.read(), Wishes((Wish({optimiser.id: "rmsprop"}, 20.0, "because"),), {"no such value": 2})

    monkeypatch.setattr(infill, "filled_by", asked)
    heard = []
    proposer, _ = started(program, tell=heard.append)
    (first,) = play(proposer, most=1)
    assert heard == ["asking"]
    assert first.patch.describe() == "optimiser of compile: adam -> rmsprop"
    assert first.reason == "asked: because"
    assert ("-", "2 more", "answered, and no change", "", "no such value") in proposer.exhibits()[0].rows


def test_a_program_without_a_model_is_left_alone_and_the_report_says_why():
    program = Program.from_text("import keras\nprint(keras.__version__)\n")
    proposer, space = started(program)
    assert proposer.ask() is None and proposer.exhibits() == ()
    start = Start(space=space, traces=(), moves=lambda *_: [], runs=3, seed=0, has_goal=True, cost=lambda f: f,
                  runs_left=lambda: 1.0, train_seconds=1.0)  # fmt: skip
    assert "nothing to fill in" in KIND.describe(start)
