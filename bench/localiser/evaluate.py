"""With and without the model: where the element at fault stands in the ranking, on programs held out."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np

from bench.architecture.statistics import f_score, recall_precision
from bench.localiser.collect import read
from bench.localiser.model import Features, Model, frequency, large_forest, logistic, small_forest
from bench.machine import machine, today, versions
from netmend.repairs.program.learned.experience import Experience, Weights
from netmend.repairs.program.localise import FAULT_SHARE, NAMED_SHARE

RESULTS = Path(__file__).parent / "results.csv"

FINDINGS = (0.5, 0.75, 1.0)
MODEL = (0.1, 0.25, 0.5, 0.75, 0.9)
"""How much findings and a model may count; which is chosen on the programs that the model is trained on. Findings never
less than a half: 0.25 ranks these mutants a little better still, but each of them has one fault of a kind that is
easily mutated, and what is sure of a program must not be lost where a model of others is silent."""

NAMED = tuple(step / 20 for step in range(8, 21))
"""Shares of the first one's score from which on a suspect may be named; chosen likewise."""

NO_WORSE = 0.01
"""Of shares whose quality differs by less, which a few of 159 mutants decide, the one that names fewest is chosen."""

INNER_FOLDS = 3
"""Groups of training programs, each held out in turn to choose weights."""

DEPTHS = (1, 3, 5)

Fit = Callable[[Sequence[Features], Sequence[str]], Model]
MODELS: Mapping[str, Fit] = {
    "frequency": frequency,
    "logistic": logistic,
    "large forest": large_forest,
    "small forest": small_forest,
}


@dataclass(frozen=True, slots=True)
class Case:
    """A mutant that is clearly worse than its original.

    Attributes:
        fault: what is at fault. faults, scores, found: of all elements of the program, as ranked without a model; how
            many findings point to each.
        at: position of the element at fault; -1 if the training data are at fault, which no element stands for.
    """

    program: str
    fault: str
    features: Features
    faults: tuple[str, ...]
    scores: tuple[float, ...]
    found: tuple[int, ...]
    at: int


def cases(rows: Iterable[Mapping[str, str]]) -> list[Case]:
    """The rows that hold a ranking."""
    found = []
    for row in rows:
        if not row["ranking"]:
            continue
        faults, scores, findings = zip(*(element.split(":") for element in row["ranking"].split(";")), strict=True)
        found.append(
            Case(
                row["program"],
                row["fault"],
                json.loads(row["features"]),
                faults,
                tuple(map(float, scores)),
                tuple(map(int, findings)),
                int(row["rank"] or 0) - 1,
            )
        )
    return found


def shared(case: Case, chances: Mapping[str, float]) -> list[float]:
    """The chance of each element to be at fault: a kind's is shared out among its elements."""
    of_kind = Counter(case.faults)
    return [chances.get(fault, 0.0) / of_kind[fault] for fault in case.faults]


def joined(case: Case, chances: Mapping[str, float], weights: Weights) -> list[float]:
    """The scores with the model as one more source, as in `netmend.repairs.program.localise`."""
    known = [
        chance if fault in chances else None for fault, chance in zip(case.faults, shared(case, chances), strict=True)
    ]
    return Experience(chances, weights, 0).joined(case.scores, known)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the element at fault stands, in the mean over all orders of equal scores, and whether it is named.

    Attributes:
        recalls: the chance to be among the first of each of `DEPTHS`.
        recall, precision: of the suspects that are named; not of `at`s that are nowhere.
    """

    reciprocal_rank: float
    recalls: tuple[float, ...]
    recall: float = 0.0
    precision: float = 0.0


def standing(scores: Sequence[float], at: int) -> Standing:
    """Reciprocal rank of one element, and its chance to be among the first of each of `DEPTHS`."""
    before = sum(score > scores[at] for score in scores)
    equal = sum(score == scores[at] for score in scores)
    ranks = range(before + 1, before + equal + 1)
    return Standing(
        sum(1 / rank for rank in ranks) / equal,
        tuple(sum(rank <= depth for rank in ranks) / equal for depth in DEPTHS),
    )


def named(case: Case, scores: Sequence[float], share: float) -> tuple[float, float]:
    """Recall and precision of the elements that findings point to and that score at least a share of the first such."""
    accused = [at for at, findings in enumerate(case.found) if findings]
    first = max((scores[at] for at in accused), default=0.0)
    reported = [str(at) for at in accused if scores[at] >= share * first]
    return recall_precision(reported, [[str(case.at)]])


def measured(case: Case, scores: Sequence[float], share: float) -> Standing:
    """All that is measured of one ranking."""
    recall, precision = named(case, scores, share)
    return replace(standing(scores, case.at), recall=recall, precision=precision)


def chosen(training: Sequence[Case], fit: Fit) -> Weights:
    """Weights for a model, found on groups of the training programs that are held out in turn.

    First what counts how much, by the mean reciprocal rank; then from where on suspects are named, by the F3 of mean
    recall and mean precision, the measure of Humbatova et al., EMSE 30:124, 2025, section 4.
    """
    programs = sorted({case.program for case in training})
    said: list[tuple[Case, Mapping[str, float]]] = []
    for fold in range(INNER_FOLDS):
        out = set(programs[fold::INNER_FOLDS])
        model = fitted([case for case in training if case.program not in out], fit)
        said += [(case, model(case.features)) for case in training if case.program in out and case.at >= 0]

    def rank(weights: Weights) -> float:
        return sum(standing(joined(case, chances, weights), case.at).reciprocal_rank for case, chances in said)

    # Without a model nothing is gained by counting findings less; of equals, the first is taken.
    pairs = [(1.0, 0.0), *product(reversed(FINDINGS), MODEL)]
    weights = max((Weights(*pair, NAMED_SHARE) for pair in pairs), key=rank)
    return replace(weights, named=_share([(case, joined(case, chances, weights)) for case, chances in said]))


def _share(rankings: Sequence[tuple[Case, Sequence[float]]]) -> float:
    def quality(share: float) -> float:
        recall, precision = np.mean([named(case, scores, share) for case, scores in rankings], axis=0)
        return f_score(recall, precision)

    qualities = {share: quality(share) for share in NAMED}
    return max(share for share in NAMED if qualities[share] >= max(qualities.values()) - NO_WORSE)


def fitted(training: Sequence[Case], fit: Fit) -> Model:
    """A model of the features of training cases."""
    return fit([case.features for case in training], [case.fault for case in training])


def held_out(found: Sequence[Case]) -> Iterator[tuple[str, Case, Standing]]:
    """Every ranking of every mutant with an element at fault, by models that have not seen its program."""
    for program in sorted({case.program for case in found}):
        training = [case for case in found if case.program != program]
        share = _share([(case, case.scores) for case in training if case.at >= 0])
        models = {name: (fitted(training, fit), chosen(training, fit)) for name, fit in MODELS.items()}
        for case in found:
            if case.program != program or case.at < 0:
                continue
            yield "findings", case, measured(case, case.scores, NAMED_SHARE)
            yield "findings, share chosen", case, measured(case, case.scores, share)
            yield "prior alone", case, measured(case, shared(case, published(case)), NAMED_SHARE)
            for name, (model, weights) in models.items():
                chances = model(case.features)
                yield f"{name} alone", case, measured(case, shared(case, chances), weights.named)
                yield f"findings and {name}", case, measured(case, joined(case, chances, weights), weights.named)
                if name == "small forest":
                    seen = model(without_layers(case.features))
                    scores = joined(case, seen, weights)
                    yield f"findings and {name}, no layer statistics", case, measured(case, scores, weights.named)


def without_layers(features: Features) -> Features:
    """What is left to be seen of a run of the search, which is not watched in full."""
    quantities = ("gradient_", "update_ratio", "weight_std", "output_", "dead_share", "saturated_share", "layers not")
    return {name: value for name, value in features.items() if not name.removeprefix("log ").startswith(quantities)}


def published(case: Case) -> Mapping[str, float]:
    """`FAULT_SHARE` by fault; it does not tell hidden from output activations, nor names all kinds."""
    return {fault: FAULT_SHARE.get(fault.split()[-1], min(FAULT_SHARE.values())) for fault in set(case.faults)}


def sign_flip(differences: Sequence[float]) -> float:
    """Exact one-sided p of a mean above 0: the share of all sign flips with a mean as large (Fisher, 1935)."""
    total = sum(differences)
    flips = product((1, -1), repeat=len(differences))
    sums = [sum(sign * value for sign, value in zip(signs, differences, strict=True)) for signs in flips]
    return float(np.mean([each >= total - 1e-12 for each in sums]))


def groups(case: Case) -> tuple[str, str, str]:
    """The rows of results that a mutant counts for: all, its fault, its framework."""
    return "all", case.fault, "Keras" if case.program.endswith("keras") else "PyTorch"


def evaluate(results: Path = RESULTS) -> None:
    """Write a row for each ranking, over all mutants, each kind of fault and each framework; print those over all."""
    found = list(held_out(cases(read())))
    programs = sorted({case.program for _, case, _ in found})

    def by_program(name: str) -> list[float]:
        return [
            float(np.mean([one.reciprocal_rank for which, case, one in found if (which, case.program) == (name, each)]))
            for each in programs
        ]

    before = by_program("findings")
    rows = []
    for name in dict.fromkeys(name for name, _, _ in found):
        p = sign_flip([a - b for a, b in zip(by_program(name), before, strict=True)])
        of_name = [(case, one) for which, case, one in found if which == name]
        for group in dict.fromkeys(["all", *sorted(group for case, _ in of_name for group in groups(case))]):
            there = [one for case, one in of_name if group in groups(case)]
            row = {"ranking": name, "mutants of": group, "n": str(len(there))}
            row["mean_reciprocal_rank"] = _mean(one.reciprocal_rank for one in there)
            for number, depth in enumerate(DEPTHS):
                row[f"recall_at_{depth}"] = _mean(one.recalls[number] for one in there)
            row["named_recall"] = _mean(one.recall for one in there)
            row["named_precision"] = _mean(one.precision for one in there)
            row["p_better_than_findings"] = f"{p:.4f}" if group == "all" and name != "findings" else ""
            rows.append(row | {"versions": versions("scikit-learn"), "machine": machine(), "date": today()})
    with results.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, fieldnames=list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    for row in rows:
        if row["mutants of"] == "all":
            print(*list(row.values())[:-3], sep="\t")


def _mean(values: Iterable[float]) -> str:
    return f"{np.mean(list(values)):.3f}"
