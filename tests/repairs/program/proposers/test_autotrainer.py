"""AutoTrainer on played trainings: symptoms in, attempts out."""

from dataclasses import replace
from pathlib import Path

from netmend.core.records import Draw, Outcome, Purpose, Trial, Verdict
from netmend.program.elements._find import find_all
from netmend.program.source import Program
from netmend.repairs.program.evidence import Evidence, SeededRun
from netmend.repairs.program.proposers._autotrainer import PROBLEMS, problem_of
from netmend.repairs.program.proposers._base import Start
from netmend.repairs.program.proposers.autotrainer import KIND
from netmend.repairs.program.space import Space
from netmend.training.metrics._base import metric_named
from netmend.training.runs import RunResult
from netmend.training.symptoms._examples import healthy, sick, unlearned
from netmend.training.trace import RunEnd

TEXT = """\
import keras
model = keras.Sequential([
    keras.layers.Dense(8, activation="sigmoid"),
    keras.layers.Dense(8, activation="tanh"),
    keras.layers.Dense(3, activation="softmax"),
])
model.compile(optimizer=keras.optimizers.SGD(learning_rate=10.0), loss="sparse_categorical_crossentropy")
model.fit(x, y, epochs=30, batch_size=64)
"""
PROGRAM = Program.from_text(TEXT)
SPACE = Space(PROGRAM, find_all(PROGRAM))
VANISHING = sick(unlearned(), "dense", gradient_norm=1e-7)
EXPLODING = sick(unlearned(), "dense", gradient_norm=1e7)
FAILED = None


class Played:
    """AutoTrainer with trainings that end as told, one trace per attempt."""

    def __init__(self, trace, text=TEXT):
        self.went_on, self.asked = [], []
        program = Program.from_text(text)
        self.proposer = KIND.start(
            Start(
                space=Space(program, find_all(program)),
                traces=(trace,),
                moves=lambda assignment, traces: [],
                runs=3,
                seed=0,
                has_goal=True,
                cost=lambda factor: factor,
                runs_left=lambda: 100.0,
                train_seconds=1.0,
                go_on=lambda patch, trained: self.went_on.append((patch.id, trained.id)),
            )
        )

    def attempt(self, trace, score=0.0):
        """Ask once and answer; what was proposed, or None."""
        proposal = self.proposer.ask()
        if proposal is not None:
            self.asked.append(proposal)
            end = RunEnd.FINISHED if trace else RunEnd.CRASHED
            run = SeededRun(0, RunResult(end, "", 1, 1, 0, 0, Path("x"), trace), None)
            draw = Draw(Purpose.SCREEN, (0,))
            evidence = Evidence(draw, (run,), metric_named("accuracy"))
            self.proposer.tell(Trial(1, proposal.patch, draw, evidence, Verdict(Outcome.NO_EFFECT, "", score=score)))
        return proposal

    def until_the_end(self, trace):
        while self.attempt(trace) is not None:
            pass
        return [proposal.patch.patched_program().main.text for proposal in self.asked]


def test_the_eight_symptoms_are_there_by_priority():
    names = [problem.name for problem in PROBLEMS]
    assert len(names) == 8
    assert names.index("abnormal data") < names.index("improper loss") < names.index("dying ReLU")
    assert names.index("dying ReLU") < names.index("slow convergence")


def test_a_healthy_program_needs_nothing():
    assert problem_of([healthy()]) is None
    assert Played(healthy()).attempt(healthy()) is None


def test_vanishing_gradients_are_repaired_by_selu_relu_and_normalisation_in_this_order():
    texts = Played(VANISHING).until_the_end(VANISHING)
    assert [("selu" in text, "relu" in text, "BatchNormalization" in text) for text in texts] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]
    assert all("softmax" in text for text in texts), "the last layer keeps its activation"
    assert texts[0].count("lecun_uniform") == 2


def test_a_training_without_symptoms_ends_the_search():
    played = Played(VANISHING)
    played.attempt(VANISHING)
    played.attempt(healthy())
    assert played.attempt(healthy()) is None


def test_attempts_go_on_from_the_weights_so_far():
    played = Played(VANISHING)
    first = played.attempt(VANISHING)
    assert played.went_on == [(first.patch.id, SPACE.patch({}).id)]


def test_what_trades_one_symptom_for_another_is_the_next_start_and_the_best_of_them():
    played = Played(VANISHING)
    played.attempt(EXPLODING, score=0.2)
    second = played.attempt(EXPLODING, score=0.4)
    played.attempt(VANISHING)
    nxt = played.attempt(VANISHING)
    assert "exploding" in nxt.reason
    assert played.went_on[-1][1] == second.patch.id


def test_one_attempt_is_under_way_at_a_time():
    played = Played(VANISHING)
    assert played.proposer.ask() is not None
    assert played.proposer.ask() is None


def test_attempts_that_fail_are_passed_over():
    played = Played(VANISHING)
    assert len(played.until_the_end(FAILED)) == 3


def test_a_wrong_output_activation_is_replaced_and_trained_from_initial_weights():
    wrong = replace(
        healthy(),
        layers=tuple(
            replace(layer, activation="softsign") if layer.role == "output" else layer for layer in healthy().layers
        ),
    )
    played = Played(wrong, TEXT.replace("softmax", "softsign"))
    assert "softsign -> softmax" in played.attempt(wrong).patch.describe()
    assert played.went_on == []


def test_the_same_seed_draws_the_same_attempts():
    slow = unlearned()
    assert problem_of([slow]) is not None
    assert Played(slow).until_the_end(slow) == Played(slow).until_the_end(slow)
