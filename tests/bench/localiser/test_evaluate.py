import random
from itertools import permutations
from statistics import mean

import pytest

from bench.localiser.evaluate import DEPTHS, Case, chosen_weight, held_out, joined, shared, sign_flip, standing
from bench.localiser.model import Frequency


def case(where, fault, at, scores, faults=("loss", "epochs", "units", "units"), **features):
    return Case(where, fault, features, faults, tuple(scores), at)


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


def test_a_model_adds_to_the_evidence_and_weight_none_leaves_it():
    one = case("p", "units", 2, (0.5, 0.2, 0.0, 0.0))
    chances = {"units": 1.0}
    assert joined(one, chances, 0.0) == pytest.approx(one.scores)
    assert joined(one, chances, 0.5) == pytest.approx([0.5, 0.2, 0.25, 0.25])


def test_exact_test_agrees_with_random_flips():
    differences = [0.3, -0.1, 0.2, 0.05, -0.02, 0.1]
    chance = random.Random(0)
    drawn = [sum(value * chance.choice((1, -1)) for value in differences) >= sum(differences) for _ in range(20_000)]
    assert sign_flip(differences) == pytest.approx(mean(drawn), abs=0.01)
    assert sign_flip([0.0] * 4) == 1 and sign_flip([1.0] * 4) == 1 / 16


def test_a_weight_is_chosen_only_for_a_model_that_helps():
    programs = ["a", "b", "c"]
    wrong_first = [case(program, "epochs", 1, (0.4, 0.1, 0.0, 0.0)) for program in programs]
    right_first = [case(program, "loss", 0, (0.4, 0.1, 0.0, 0.0)) for program in programs]

    def says_epochs(rows, faults):
        return Frequency({"epochs": 1.0})

    assert chosen_weight(wrong_first, says_epochs) >= 0.5
    assert chosen_weight(right_first, says_epochs) == 0


def test_no_model_has_seen_the_program_it_ranks(monkeypatch):
    found = [case(program, "loss", 0, (0.4, 0.1, 0.0, 0.0), program=ord(program)) for program in "abcd" * 2]

    def spy(rows, faults):
        seen = {row["program"] for row in rows}

        def model(features):
            assert features["program"] not in seen
            return {"loss": 1.0}

        return model

    monkeypatch.setattr("bench.localiser.evaluate.MODELS", {"spy": spy})
    ranked = list(held_out(found))
    assert {name for name, _, _ in ranked} == {"today", "prior alone", "spy alone", "today and spy"}
    assert len(ranked) == 4 * len(found)
