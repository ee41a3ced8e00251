import random
from itertools import permutations
from statistics import mean

import pytest

from bench.localiser.evaluate import (
    DEPTHS,
    NAMED,
    Case,
    chosen,
    held_out,
    joined,
    named,
    shared,
    sign_flip,
    standing,
    without_layers,
)
from bench.localiser.model import Frequency
from netmend.program.elements._base import Element
from netmend.program.places import Place
from netmend.repairs.program.learned.experience import Experience, Weights
from netmend.repairs.program.learned.features import features as features_of
from netmend.repairs.program.localise import localise
from netmend.training.symptoms._examples import healthy

FAULTS = ("loss", "epochs", "units", "units")


def case(where, fault, at, scores, faults=FAULTS, found=(1, 1, 0, 0), **features):
    return Case(where, fault, features, faults, tuple(scores), found, at)


def test_standing_is_the_mean_over_all_orders_of_equal_scores():
    scores = [0.5, 0.9, 0.5, 0.1, 0.5, 0.1]
    for at in range(len(scores)):
        ranks = []
        for order in permutations(range(len(scores))):
            ranking = sorted(order, key=lambda each: -scores[each])  # stable: equals stay in this order
            ranks.append(ranking.index(at) + 1)
        found = standing(scores, at)
        assert found.reciprocal_rank == pytest.approx(mean(1 / rank for rank in ranks))
        assert found.recalls == pytest.approx([mean(rank <= depth for rank in ranks) for depth in DEPTHS])


def test_the_chance_of_a_kind_is_shared_out_among_its_elements():
    one = case("p", "units", 2, (0, 0, 0, 0))
    assert shared(one, {"units": 0.6, "loss": 0.4}) == [0.4, 0.0, 0.3, 0.3]


def test_a_model_that_does_not_count_leaves_the_scores():
    one = case("p", "units", 2, (0.5, 0.2, 0.01, 0.01))
    assert joined(one, {"units": 1.0}, Weights(1, 0, 0.5)) == pytest.approx(one.scores)


def test_scores_are_joined_as_the_package_joins_them():
    elements = [
        Element(kind, Place("p.py", line, 1), 0, 1, "", "", False, "", kind) for line, kind in enumerate(FAULTS)
    ]
    _, alone = localise(elements, (), (), {})
    chances, weights = {"units": 0.6, "epochs": 0.3}, Weights(0.5, 0.75, 0.5)
    _, together = localise(elements, (), (), {}, Experience(chances, weights, 1))
    one = case("p", "units", 0, [item.score for item in alone], [item.element.kind for item in alone])
    by_place = {item.element.place: score for item, score in zip(alone, joined(one, chances, weights), strict=True)}
    assert by_place == pytest.approx({item.element.place: item.score for item in together})


def test_named_are_those_with_findings_that_score_nearly_as_much_as_the_first_such():
    one = case("p", "epochs", 1, (0, 0, 0, 0), found=(1, 1, 1, 0))
    assert named(one, (0.5, 0.4, 0.3, 0.9), 0.8) == (1, 0.5)
    assert named(one, (0.5, 0.4, 0.3, 0.9), 0.9) == (0, 0)
    assert named(one, (0.2, 0.4, 0.3, 0.9), 0.9) == (1, 1)
    assert named(case("p", "epochs", 1, (0, 0, 0, 0), found=(0, 0, 0, 0)), (1, 1, 1, 1), 0.5) == (0, 0)


def test_a_run_of_the_search_keeps_its_curves_and_loses_its_layers():
    left, whole = without_layers(features_of(healthy(), ())), features_of(healthy(), ())
    gone = {name for name in whole if name not in left}
    assert {"log weight_std least", "dead_share last", "log gradient_abs_mean largest", "layers not finite"} <= gone
    assert {"loss roughness", "log learning rate", "softmax output"} <= set(left)


def test_exact_test_agrees_with_random_flips():
    differences = [0.3, -0.1, 0.2, 0.05, -0.02, 0.1]
    chance = random.Random(0)
    drawn = [sum(value * chance.choice((1, -1)) for value in differences) >= sum(differences) for _ in range(20_000)]
    assert sign_flip(differences) == pytest.approx(mean(drawn), abs=0.01)
    assert sign_flip([0.0] * 4) == 1 and sign_flip([1.0] * 4) == 1 / 16


def test_a_weight_is_chosen_only_for_a_model_that_helps():
    programs = ["a", "b", "c"]
    wrong_first = [case(program, "epochs", 1, (0.4, 0.1, 0.01, 0.01)) for program in programs]
    right_first = [case(program, "loss", 0, (0.4, 0.1, 0.01, 0.01)) for program in programs]

    def says_epochs(rows, faults):
        return Frequency({"epochs": 1.0, "loss": 0.0})

    assert chosen(wrong_first, says_epochs).model >= 0.5
    assert (chosen(right_first, says_epochs).findings, chosen(right_first, says_epochs).model) == (1, 0)


def test_a_share_is_chosen_by_which_the_fault_is_named_and_little_else():
    second = [case(program, "epochs", 1, (0.5, 0.3, 0.1, 0.1), found=(1, 1, 1, 1)) for program in "abc"]
    share = chosen(second, lambda rows, faults: Frequency({})).named
    assert share in NAMED and 0.2 < share <= 0.6


def test_no_model_has_seen_the_program_it_ranks(monkeypatch):
    found = [case(program, "loss", 0, (0.4, 0.1, 0.01, 0.01), program=ord(program)) for program in "abcd" * 2]

    def spy(rows, faults):
        seen = {row["program"] for row in rows}

        def model(features):
            assert features["program"] not in seen
            return {"loss": 1.0}

        return model

    monkeypatch.setattr("bench.localiser.evaluate.MODELS", {"spy": spy})
    ranked = list(held_out(found))
    assert {name for name, _, _ in ranked} == {
        "findings", "findings, share chosen", "prior alone", "spy alone", "findings and spy",
    }  # fmt: skip
    assert len(ranked) == 5 * len(found)
