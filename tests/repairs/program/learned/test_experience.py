import json
from dataclasses import replace

import pytest

from netmend.core.discover import contributions
from netmend.core.errors import EnvironmentFault
from netmend.program.elements._base import Element, ElementKind
from netmend.program.places import Place
from netmend.repairs.program.learned import experience
from netmend.repairs.program.learned.experience import SHIPPED, Experience, Weights, fault, read
from netmend.testing.odd_traces import gaps
from netmend.training.symptoms._examples import healthy, healthy_torch, unlearned
from netmend.training.symptoms._run import run as symptoms


def element(kind, line, role=""):
    return Element(kind, Place("train.py", line, 1), 0, 1, "x", "x", False, "keras", kind, None, role)


ELEMENTS = [element("loss", 1), element("units", 2), element("activation", 3, "hidden"), *[
    element("activation", 4, "input"), element("activation", 5, "output")
]]  # fmt: skip
SAID = Experience({"loss": 0.5, "hidden activation": 0.3, "output activation": 0.2}, Weights(0.5, 0.9, 0.6), 10)


def test_activations_of_the_output_are_a_fault_of_their_own():
    assert [fault(each) for each in ELEMENTS] == [
        "loss", "units", "hidden activation", "hidden activation", "output activation",
    ]  # fmt: skip


def test_the_chance_of_a_kind_is_shared_out_and_of_others_nothing_is_said():
    assert SAID.of(ELEMENTS) == [0.5, None, 0.15, 0.15, 0.2]


def test_a_score_is_joined_as_a_noisy_or_and_the_highest_stays_the_highest():
    scores = [0.2, 0.7, 0.4, 0.8, 0.1]
    found = SAID.joined(scores, SAID.of(ELEMENTS))
    by_hand = [1 - (1 - 0.1) * (1 - 0.45), None, 1 - 0.8 * (1 - 0.135), 1 - 0.6 * (1 - 0.135), 1 - 0.95 * (1 - 0.18)]
    assert max(by_hand[at] for at in (0, 2, 3, 4)) == by_hand[0]
    assert found[1] == 0.7, "it cannot speak of units"
    assert max(found) == pytest.approx(max(scores))
    for at in (0, 2, 3, 4):
        assert found[at] == pytest.approx(by_hand[at] / by_hand[0] * 0.8)


def test_a_model_that_knows_none_of_the_elements_changes_nothing():
    silent = replace(SAID, chances={"training-data": 1.0})
    assert silent.joined([0.2, 0.7, 0.4, 0.8, 0.1], silent.of(ELEMENTS)) == [0.2, 0.7, 0.4, 0.8, 0.1]


def test_a_chance_is_told_with_its_source_and_nothing_of_no_chance():
    assert SAID.sentence(0.618) == "62% by likeness to 10 faulty runs"
    assert SAID.sentence(0.004) == ""


def test_the_model_that_is_shipped_speaks_of_kinds_that_there_are():
    model = read()
    kinds = set(contributions("netmend.program.elements", ElementKind))
    assert {name.split()[-1] for name in model.forest.classes} <= kinds | {"activation", "training-data"}
    assert SHIPPED.stat().st_size < 300_000
    assert 0 < model.weights.findings <= 1 and 0 < model.weights.model < 1 and 0 < model.weights.named <= 1


def test_of_several_runs_the_mean_is_taken():
    model = read()
    traces = [healthy(), unlearned(), healthy_torch()]
    fired = [symptoms(trace) for trace in traces]
    each = [model([trace], [one], []).chances for trace, one in zip(traces, fired, strict=True)]
    together = model(traces, fired, []).chances
    assert {name: sum(one[name] for one in each) / 3 for name in together} == pytest.approx(together)
    assert each[0] != each[1]


def test_it_has_an_answer_to_every_trace():
    for trace in gaps():
        chances = read()([trace], [symptoms(trace)], []).chances
        assert sum(chances.values()) == pytest.approx(1, abs=1e-3) and min(chances.values()) >= 0


def test_without_runs_or_without_a_file_nothing_is_said(tmp_path):
    assert read()([], [], []) is None
    assert read(tmp_path / "none.json") is None


def damaged(text):
    yield text[: len(text) // 2]
    yield text.replace('"names"', '"nouns"')
    yield "[]"
    yield json.dumps({**json.loads(text), "format": experience.FORMAT + 1})
    yield json.dumps({**json.loads(text), "weights": {}})


def test_a_damaged_file_says_so_and_what_to_do(tmp_path):
    for number, text in enumerate(damaged(SHIPPED.read_text())):
        path = tmp_path / f"{number}.json"
        path.write_text(text)
        with pytest.raises(EnvironmentFault) as told:
            read(path)
        assert str(path) in str(told.value) and "install netmend again" in told.value.hint
