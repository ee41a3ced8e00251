"""The order in which `auto` proposes, on a program whose trainings are played by a function of the assignment."""

from pathlib import Path

import pytest

from netmend.core.records import Draw, Outcome, Purpose, Trial, Verdict
from netmend.program.elements._find import find_all
from netmend.program.source import Program
from netmend.repairs.program.evidence import Evidence, SeededRun
from netmend.repairs.program.proposers._base import Start
from netmend.repairs.program.proposers.auto import KIND, PATIENCE, SCREEN_EFFORT
from netmend.repairs.program.screens import Ranked
from netmend.repairs.program.space import Move, Space, ranked
from netmend.training.metrics._base import metric_named
from netmend.training.runs import RunResult
from netmend.training.trace import RunEnd, Trace

TEXT = """\
import keras
model = keras.Sequential([
    keras.layers.Dense(8, activation="sigmoid"),
    keras.layers.Dense(1, activation="softmax"),
])
model.compile(optimizer=keras.optimizers.SGD(learning_rate=10.0), loss="binary_crossentropy")
model.fit(x, y, epochs=30, batch_size=64)
"""
PROGRAM = Program.from_text(TEXT)
SPACE = Space(PROGRAM, find_all(PROGRAM))
TRACE = Trace("keras", "torch", 0)


def element(kind, role=""):
    return next(e for e in SPACE.elements if e.kind == kind and (not role or e.role == role))


RATE, LAST = element("learning-rate"), element("activation", "output")
HIDDEN, EPOCHS = element("activation", "input"), element("epochs")


def moves(*scored):
    return lambda assignment, traces: ranked(
        [Move(e, v, s, f"{e.kind}={v}") for e, v, s in scored if assignment.get(e.id, e.value) != v]
    )


def start(given, **changes):
    values = {"runs": 3, "seed": 0, "has_goal": True, "train_seconds": 1.0, "cost": lambda factor: factor, **changes}
    values.setdefault("runs_left", lambda: 1000.0)
    return KIND.start(Start(space=SPACE, traces=(TRACE,), moves=given, **values))


def play(proposer, score, most=40, goal=1.0, matters=0.0):
    """Ask and tell until the goal is met; each proposal with its outcome."""
    told = []
    for number in range(most):
        proposal = proposer.ask()
        if proposal is None:
            break
        values = {change.place: change.after for change in proposal.patch.changes}
        value = score({e.kind + e.role: values[e.place] for e in SPACE.elements if e.place in values})
        outcome = Outcome.INCONCLUSIVE if proposal.effort < 1 else Outcome.IMPROVED if value > 0 else Outcome.NO_EFFECT
        run = SeededRun(0, RunResult(RunEnd.FINISHED, "", 1, 1, 0, 0, Path("x"), TRACE), None)
        draw = Draw(Purpose.SCREEN, (0,), proposal.effort)
        evidence = Evidence(draw, (run,), metric_named("accuracy"))
        proposer.tell(Trial(number, proposal.patch, draw, evidence, Verdict(outcome, "", score=value, matters=matters)))
        told.append((proposal, value))
        if value >= goal:
            break
    return told


KIND_OF_LAST = ("activation", "output")


def played(space, given):
    """The patches of the moves and of their pairs that are asked for, when none of them helps."""
    values = {"runs": 1, "seed": 0, "has_goal": True, "train_seconds": 1.0, "cost": lambda factor: factor}
    unhelpful = Start(
        space=space, traces=(TRACE,), moves=lambda base, traces: ranked(given), runs_left=lambda: 100.0, **values
    )
    proposer = KIND.start(unhelpful)
    asked = [proposer.ask() for _ in range(len(given) * (len(given) + 1) // 2)]
    return [each.patch for each in asked if each is not None and not each.reason.startswith("a random step")]


def described(told):
    return [proposal.patch.describe() for proposal, _ in told]


def test_the_most_promising_single_change_comes_first():
    told = play(start(moves((RATE, 0.01, 0.4), (LAST, "sigmoid", 0.9))), lambda a: 0, most=2)
    assert "softmax -> sigmoid" in described(told)[0]
    assert told[0][0].patch.size == 1


def test_a_pair_of_strong_suspects_comes_before_a_weak_one_alone():
    given = moves((RATE, 0.01, 0.8), (LAST, "sigmoid", 0.8), (HIDDEN, "relu", 0.1))
    sizes = [proposal.patch.size for proposal, _ in play(start(given), lambda a: 0, most=4)]
    assert sizes == [1, 1, 2, 1]


ENDS = {
    "a second sigmoid": ("Dense(1)", "binary_crossentropy", "sigmoid", "binary_crossentropy(from_logits)"),
    "softmax for the loss of sigmoids": (
        'Dense(3, activation="sigmoid")',
        "categorical_crossentropy",
        "softmax",
        "binary_crossentropy",
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_two_remedies_of_one_fault_are_not_tried_together(end):
    last, loss, activation, other = ENDS[end]
    program = Program.from_text(
        TEXT.replace('Dense(1, activation="softmax")', last).replace("binary_crossentropy", loss)
    )
    elements = find_all(program)
    places = {e.kind: e for e in elements if e.kind in ("loss", "learning-rate") or (e.kind, e.role) == KIND_OF_LAST}
    wanted = [("activation", activation, 0.9), ("loss", other, 0.8), ("learning-rate", 0.01, 0.7)]
    told = played(Space(program, elements), [Move(places[kind], value, score, "") for kind, value, score in wanted])
    changed = [{change.kind for change in patch.changes} for patch in told]
    assert {"activation"} in changed and {"loss"} in changed
    assert {"activation", "learning-rate"} in changed and {"loss", "learning-rate"} in changed
    assert {"activation", "loss"} not in changed


def test_a_change_that_a_static_rule_calls_wrong_is_not_tried():
    sound = Program.from_text(TEXT.replace("softmax", "sigmoid"))
    elements = find_all(sound)
    last = next(e for e in elements if (e.kind, e.role) == KIND_OF_LAST)
    told = played(Space(sound, elements), [Move(last, value, 0.9, "") for value in ("softmax", "tanh", "hard_sigmoid")])
    assert [change.after for patch in told for change in patch.changes] == ["hard_sigmoid"]


def test_a_fault_that_a_change_leaves_in_place_does_not_speak_against_it():
    told = play(start(moves((RATE, 0.01, 0.9))), lambda a: 0, most=1)
    assert described(told) == ["learning-rate of SGD: 10.0 -> 0.01"], "the softmax over one unit stays"


def test_an_improvement_is_built_upon_at_once():
    given = moves((RATE, 0.01, 0.9), (LAST, "sigmoid", 0.3), (HIDDEN, "relu", 0.25))
    told = play(start(given), lambda a: 0.5 * ("learning-rate" in a) + 0.5 * ("activationoutput" in a))
    assert [proposal.patch.size for proposal, _ in told] == [1, 2]
    assert told[-1][1] == 1.0


def test_a_further_change_that_earns_too_little_is_not_built_upon():
    given = moves((RATE, 0.01, 0.9), (LAST, "sigmoid", 0.5), (HIDDEN, "relu", 0.25))

    def score(assignment):
        return 0.5 * ("learning-rate" in assignment) + 0.005 * (len(assignment) - 1)

    grown = [proposal.patch.size for proposal, _ in play(start(given), score, most=3)]
    kept_small = [proposal.patch.size for proposal, _ in play(start(given), score, most=3, matters=0.01)]
    assert grown == [1, 2, 3]
    assert kept_small == [1, 2, 2]


def test_what_did_not_help_makes_other_values_of_that_element_less_likely():
    given = moves((RATE, 0.01, 0.60), (RATE, 0.1, 0.55), (LAST, "sigmoid", 0.40))
    told = play(start(given), lambda a: 0, most=2)
    assert "activation" in described(told)[1]


def test_nothing_is_proposed_twice():
    given = moves((RATE, 0.01, 0.6), (LAST, "sigmoid", 0.5), (HIDDEN, "relu", 0.4))
    ids = [(proposal.patch.id, proposal.effort) for proposal, _ in play(start(given), lambda a: 0, most=60)]
    assert len(ids) == 60 == len(set(ids))


def test_it_goes_on_with_random_steps_when_the_moves_are_used_up():
    told = play(start(moves((RATE, 0.01, 0.6))), lambda a: 0, most=10)
    assert len(told) == 10


def test_without_a_goal_it_stops_when_nothing_better_turns_up():
    told = play(start(moves((RATE, 0.01, 0.6)), has_goal=False), lambda a: 0.5 * ("learning-rate" in a), most=100)
    assert len(told) <= PATIENCE + 10 * 2
    assert play(start(moves((RATE, 0.01, 0.6)), has_goal=True), lambda a: 0.5, most=30)[29]


def test_doubtful_changes_of_long_trainings_are_screened_first_and_the_best_go_on():
    given = moves((RATE, 0.01, 0.4), (RATE, 0.1, 0.3), (LAST, "sigmoid", 0.2), (EPOCHS, 60, 0.35))
    told = play(start(given, train_seconds=60.0), lambda a: 0.3 * (a.get("learning-rate") == "0.01"), most=4)
    first = told[0][0]
    assert first.effort == pytest.approx(SCREEN_EFFORT) and first.runs == 1
    again = told[1][0]
    assert again.patch.id == first.patch.id and again.effort == 1.0 and again.runs == 3
    assert all(proposal.effort == 1 for proposal, _ in told if "epochs" in proposal.patch.describe()), (
        "a longer training cannot be screened by a shorter one"
    )


def test_short_trainings_and_named_suspects_are_tried_in_full():
    assert play(start(moves((RATE, 0.01, 0.4)), train_seconds=1.0), lambda a: 0, most=1)[0][0].effort == 1
    assert play(start(moves((RATE, 0.01, 0.9)), train_seconds=60.0), lambda a: 0, most=1)[0][0].effort == 1


def test_the_same_seed_gives_the_same_proposals():
    given = moves((RATE, 0.01, 0.6))
    assert described(play(start(given), lambda a: 0, most=15)) == described(play(start(given), lambda a: 0, most=15))


def test_what_the_budget_cannot_pay_for_is_not_proposed():
    given = moves((EPOCHS, 3000, 0.9), (RATE, 0.001, 0.001))
    told = play(start(given, runs_left=lambda: 20.0), lambda a: 0, most=1)
    assert "learning-rate" in described(told)[0]


def test_of_two_equally_promising_changes_the_cheaper_comes_first():
    told = play(start(moves((EPOCHS, 300, 0.9), (RATE, 0.01, 0.5))), lambda a: 0, most=2)
    assert "learning-rate" in described(told)[0] and "epochs" in described(told)[1]


def ranking(hopeless=()):
    """Ranks rates from the greatest to the smallest, and keeps what it was asked."""
    asked = []

    def rank(patch, rates):
        asked.append((patch.describe(), rates))
        return [Ranked(rate, rate in hopeless) for rate in rates]

    return rank, asked


RATES = ((RATE, 0.01, 0.9), (RATE, 0.02, 0.8), (RATE, 0.03, 0.7), (RATE, 0.04, 0.2))


def singles(told):
    return [proposal.patch.describe().rpartition(" ")[2] for proposal, _ in told if proposal.patch.size == 1]


def test_rates_that_were_ranked_together_deal_out_their_places_in_the_queue():
    rank, asked = ranking()
    told = play(start(moves(*RATES, (LAST, "sigmoid", 0.75)), rank=rank), lambda a: a == {"learning-rate": "0.03"})
    assert singles(told) == ["0.04", "sigmoid", "0.03"], "the places of 0.9 and, an element having failed, of 0.8 / 2"
    assert told[0][0].reason == "learning-rate=0.04; 1 of 4 rates screened on JAX"
    assert asked[0] == (SPACE.patch({}).describe(), [0.01, 0.02, 0.03, 0.04])


def test_rates_are_ranked_once_around_each_starting_point():
    rank, asked = ranking()
    play(start(moves(*RATES, (LAST, "sigmoid", 0.75)), rank=rank), lambda a: 0.5 * ("activationoutput" in a), most=12)
    (_, first), (base, second) = asked
    assert first == second == [0.01, 0.02, 0.03, 0.04]
    assert base.endswith("softmax -> sigmoid"), "an improvement on the program is the next starting point"


def test_a_hopeless_rate_is_postponed_and_tried_in_the_end():
    rank, _ = ranking(hopeless=(0.04, 0.03, 0.02, 0.01))
    told = play(start(moves(*RATES, (LAST, "sigmoid", 0.3), (HIDDEN, "relu", 0.25)), rank=rank), lambda a: 0, most=20)
    assert singles(told)[:2] == ["sigmoid", "relu"]
    assert {"0.01", "0.02", "0.03", "0.04"} <= set(singles(told))


def test_where_nothing_can_be_ranked_the_order_stays():
    given = moves(*RATES, (LAST, "sigmoid", 0.75))
    plain, unranked = start(given), start(given, rank=lambda patch, rates: None)
    assert described(play(plain, lambda a: 0, most=15)) == described(play(unranked, lambda a: 0, most=15))
