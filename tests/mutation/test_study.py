"""Toy programs of both frameworks with their mutants, from beginning to end, interrupted and resumed."""

import sys
from importlib.util import find_spec

import pytest

from netmend.core.budget import Budget
from netmend.core.errors import SubjectError, UsageError
from netmend.core.loop import Watcher
from netmend.mutation.killing import Status, decide
from netmend.mutation.study import NO_LIMIT, kill, not_run
from netmend.program.source import Program
from netmend.repairs.program.study import Options
from netmend.training.subject import MetricRequirement, TrainingProgram

TORCH = """import os

import torch
from torch import nn, optim

with open(os.environ["COUNTER"], "a") as counter:
    counter.write("run\\n")

grid = torch.linspace(-3, 3, 16)
x = torch.cartesian_prod(grid, grid)
y = (x[:, 0] + x[:, 1] > 0.1).long()
x_train, y_train, x_test, y_test = x[::2], y[::2], x[1::2], y[1::2]

model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
loss_function = nn.CrossEntropyLoss()
optimizer = optim.SGD(model.parameters(), lr=0.5)

for epoch in range(60):
    optimizer.zero_grad()
    loss = loss_function(model(x_train), y_train)
    loss.backward()
    optimizer.step()

model.eval()
with torch.no_grad():
    print("accuracy", (model(x_test).argmax(1) == y_test).float().mean().item())
"""

OPERATORS = ["ARM", "LCH", "TCL", "WRB"]

KERAS = """import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np

with open(os.environ["COUNTER"], "a") as counter:
    counter.write("run\\n")

grid = np.stack(np.meshgrid(np.linspace(-3, 3, 16), np.linspace(-3, 3, 16)), -1).reshape(-1, 2)
labels = (grid.sum(1) > 0.1).astype(int)
x_train, y_train, x_test, y_test = grid[::2], labels[::2], grid[1::2], labels[1::2]

model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(2)])
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.1), loss=loss)
model.fit(x_train, y_train, epochs=5, batch_size=32, validation_data=(x_test, y_test), verbose=0)
"""


def needs_keras(test):
    """Keras and a backend for it; imported by the programs only."""
    missing = find_spec("keras") is None or find_spec("torch") is None
    return pytest.mark.keras(pytest.mark.skipif(missing, reason="Keras or its backend is not installed")(test))


def subject(folder, text):
    folder.mkdir(exist_ok=True)
    (folder / "train.py").write_text(text)
    return TrainingProgram(
        Program.read(folder / "train.py"),
        sys.executable,
        MetricRequirement("accuracy"),
        environment={"COUNTER": str(folder.parent / "counter")},
    )


def runs_made(folder):
    path = folder.parent / "counter"
    return len(path.read_text().splitlines()) if path.exists() else 0


def answer(study):
    """What a study found, without what differs between sessions."""
    return study.original, [(each.mutant.patch.id, each.role, each.decision, each.scores) for each in study.tried]


@pytest.fixture(scope="module")
def torch_study(tmp_path_factory):
    pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("torch") / "home"
    options = Options(folder=folder.parent / "study", budget=NO_LIMIT, runs=4)
    return folder, options, kill(subject(folder, TORCH), options, OPERATORS)


@pytest.mark.torch
def test_every_mutant_is_decided_by_the_scores_it_was_given(torch_study):
    _, _, study = torch_study
    assert study.ended == "every mutant was tried" and not study.interrupted and not study.warnings
    for each in study.tried:
        assert each.decision.status is not Status.NOT_RUN
        if each.decision.status in (Status.KILLED, Status.SURVIVED):
            assert each.decision == decide(study.original, each.scores, study.metric)
            assert len(each.scores) == len(each.seeds) == 4
            assert not set(each.seeds) & set(study.seeds)


@pytest.mark.torch
def test_strong_faults_are_killed_harmless_ones_survive_and_broken_ones_do_not_train(torch_study):
    _, _, study = torch_study
    status = {}
    for each in study.tried:
        status.setdefault(each.mutant.acronym, []).append((each.role, each.mutant.mutations[0].value, each.decision))
    assert all(decision.status is Status.SURVIVED for _, _, decision in status["WRB"])
    extreme = next(decision for role, _, decision in status["TCL"] if role == "extreme")
    assert extreme.status is Status.KILLED and extreme.selected
    assert all(each.path[0][0] == 100 for each in study.tried if each.mutant.acronym == "TCL")
    broken = [value for _, value, decision in status["LCH"] if decision.status is Status.DOES_NOT_TRAIN]
    assert "mean_squared_error" in broken, "two columns do not fit class numbers"
    sentence = next(decision.sentence for _, value, decision in status["LCH"] if value == "mean_squared_error")
    assert sentence.startswith("2 of 2 runs failed: RuntimeError")


@pytest.mark.torch
def test_the_mildest_killed_value_is_between_the_original_and_the_extreme(torch_study):
    _, _, study = torch_study
    found = [each for each in study.tried if each.role == "mildest"]
    assert found
    for each in found:
        scale = each.mutant.mutations[0].opportunity.scale
        value = each.mutant.mutations[0].value
        assert min(scale.original, scale.extreme) < value <= max(scale.original, scale.extreme)
        assert each.path[0] == (scale.extreme, True) and (value, True) in each.path
        assert each.decision.status in (Status.KILLED, Status.DOES_NOT_TRAIN)


@pytest.mark.torch
def test_a_study_that_is_resumed_makes_no_run_again_and_says_the_same(torch_study):
    folder, options, study = torch_study
    made = runs_made(folder)
    assert made == sum(cost.runs for cost in study.costs.values())
    resumed = Options(folder=options.folder, budget=NO_LIMIT, runs=4, resume=True)
    assert answer(kill(subject(folder, TORCH), resumed, OPERATORS)) == answer(study)
    assert runs_made(folder) == made


@pytest.mark.torch
def test_an_interrupted_study_says_what_it_knows_and_goes_on_where_it_was(torch_study, tmp_path):
    _, _, whole = torch_study
    operators, home = ["WRB", "ARM"], tmp_path / "home"
    said = []

    def interrupt(text):
        said.append(text)
        if len(said) == 3:
            raise KeyboardInterrupt

    options = Options(folder=tmp_path / "study", budget=NO_LIMIT, runs=4)
    study = kill(subject(home, TORCH), options, operators, Watcher(phase=interrupt))
    assert study.interrupted
    left = [each for each in study.tried if each.decision.status is Status.NOT_RUN]
    assert 0 < len(left) < len(study.tried)
    made = runs_made(home)
    resumed = kill(subject(home, TORCH), Options(tmp_path / "study", NO_LIMIT, 4, resume=True), operators)
    original, found = answer(whole)
    assert answer(resumed) == (
        original,
        [each for each in found if each[0] in {patch for patch, *_ in answer(study)[1]}],
    )
    assert runs_made(home) == sum(cost.runs for cost in resumed.costs.values()) > made


@pytest.mark.torch
def test_a_small_budget_sees_a_mutant_of_each_operator_first(tmp_path):
    pytest.importorskip("torch")
    options = Options(folder=tmp_path / "study", budget=Budget("runs", 9), runs=4)
    study = kill(subject(tmp_path / "home", TORCH), options, ["ARM", "WRB", "OCH"])
    assert study.ended.startswith("the budget is spent")
    tried = [each.mutant.acronym for each in study.tried if each.decision.status is not Status.NOT_RUN]
    assert sorted(tried) == ["ARM", "OCH", "WRB"]
    assert len(study.tried) == 1 + 2 + 5


@pytest.mark.torch
def test_a_search_that_the_budget_ends_claims_no_mildest_value(tmp_path):
    pytest.importorskip("torch")
    options = Options(folder=tmp_path / "study", budget=Budget("runs", 6), runs=4)
    study = kill(subject(tmp_path / "home", TORCH), options, ["TCL"])
    (extreme,) = study.tried
    assert (extreme.role, extreme.decision.status, extreme.path) == ("extreme", Status.KILLED, ())
    assert study.ended == "the budget is spent; the search of change-labels was cut short"


@needs_keras
def test_keras_mutants_are_killed_and_one_that_is_measured_by_nothing_is_not_compared(tmp_path):
    options = Options(folder=tmp_path / "study", budget=Budget("runs", 4), runs=4)
    study = kill(subject(tmp_path / "home", KERAS), options, ["HLR", "VRM"])
    status = {each.mutant.acronym: each.decision.status for each in study.tried}
    assert status == {"HLR": Status.KILLED, "VRM": Status.NOT_RUN}, "by name, until the budget is spent"
    options = Options(folder=tmp_path / "study", budget=NO_LIMIT, runs=4, resume=True)
    (vrm,) = kill(subject(tmp_path / "home", KERAS), options, ["VRM"]).tried
    assert vrm.decision.status is Status.NOT_COMPARABLE
    assert vrm.decision.sentence == "the mutant evaluates no rows"


@needs_keras
def test_mutated_training_rows_that_are_also_the_evaluation_rows_are_not_compared(tmp_path):
    """Without evaluation data rows are withheld from the training data, which the mutant has changed."""
    text = KERAS.replace(", validation_data=(x_test, y_test)", "")
    study = kill(subject(tmp_path / "home", text), Options(tmp_path / "study", NO_LIMIT, 4), ["TAN"])
    assert {each.decision.status for each in study.tried} == {Status.NOT_COMPARABLE}


def test_too_few_runs_to_kill_anything_are_refused(tmp_path):
    with pytest.raises(UsageError, match="too few"):
        kill(subject(tmp_path / "home", TORCH), Options(tmp_path / "study", NO_LIMIT, 3))
    assert not (tmp_path / "study").exists()


def test_without_runs_there_are_all_mutants_and_no_decision(tmp_path):
    tried, refused = not_run(subject(tmp_path / "home", TORCH), ["LCH", "HBS"])
    assert {each.mutant.acronym for each in tried} == {"LCH"}
    assert {each.acronym for each in refused} == {"HBS"}
    assert {each.decision.status for each in tried} == {Status.NOT_RUN}


@pytest.mark.torch
def test_an_original_that_crashes_is_refused_though_another_loss_would_let_it_train(tmp_path):
    crashing = TORCH.replace("nn.CrossEntropyLoss()", "nn.BCELoss()").replace("nn.Linear(8, 2))", "nn.Linear(8, 1))")
    options = Options(tmp_path / "study", NO_LIMIT, runs=4)
    with pytest.raises(SubjectError, match="crashed"):
        kill(subject(tmp_path, crashing), options, OPERATORS)
    assert runs_made(tmp_path) == 1
