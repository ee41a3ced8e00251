"""With and without the model: where the element at fault stands in the ranking, on programs held out."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from bench.localiser.collect import read
from bench.localiser.model import Features, Model, forest, frequency, logistic
from netmend.repairs.program.localise import FAULT_SHARE

RESULTS = Path(__file__).parent / "results.csv"

WEIGHTS = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9)
"""How much a model may count beside the evidence; which one does is chosen on the programs it is trained on."""

INNER_FOLDS = 3
"""Groups of training programs, each held out in turn to choose the weight."""

DEPTHS = (1, 3, 5)

Fit = Callable[[Sequence[Features], Sequence[str]], Model]
MODELS: Mapping[str, Fit] = {"frequency": frequency, "logistic": logistic, "forest": forest}


@dataclass(frozen=True, slots=True)
class Case:
    """A mutant that is clearly worse than its original.

    Attributes:
        fault: what is at fault. faults, scores: of all elements of the program, as ranked today.
        at: position of the element at fault; -1 if the training data are at fault, which no element stands for.
    """

    program: str
    fault: str
    features: Features
    faults: tuple[str, ...]
    scores: tuple[float, ...]
    at: int


def cases(rows: Iterable[Mapping[str, str]]) -> list[Case]:
    """The rows that hold a ranking."""
    found = []
    for row in rows:
        if not row["ranking"]:
            continue
        elements = [element.split(":") for element in row["ranking"].split(";")]
        found.append(
            Case(
                row["program"],
                row["fault"],
                json.loads(row["features"]),
                tuple(fault for fault, *_ in elements),
                tuple(float(score) for _, score, *_ in elements),
                int(row["rank"] or 0) - 1,
            )
        )
    return found


def shared(case: Case, chances: Mapping[str, float]) -> list[float]:
    """The chance of each element to be at fault: a kind's is shared out among its elements."""
    of_kind = Counter(case.faults)
    return [chances.get(fault, 0.0) / of_kind[fault] for fault in case.faults]


def joined(case: Case, chances: Mapping[str, float], weight: float) -> list[float]:
    """Today's scores with the model as one more piece of evidence: noisy-or, as in `localise`."""
    return [
        1 - (1 - score) * (1 - weight * chance)
        for score, chance in zip(case.scores, shared(case, chances), strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the element at fault stands, in the mean over all orders of equal scores."""

    reciprocal_rank: float
    recalls: tuple[float, ...]


def standing(scores: Sequence[float], at: int) -> Standing:
    """Reciprocal rank of one element, and its chance to be among the first of each of `DEPTHS`."""
    before = sum(score > scores[at] for score in scores)
    equal = sum(score == scores[at] for score in scores)
    ranks = range(before + 1, before + equal + 1)
    return Standing(
        sum(1 / rank for rank in ranks) / equal,
        tuple(sum(rank <= depth for rank in ranks) / equal for depth in DEPTHS),
    )


def chosen_weight(training: Sequence[Case], fit: Fit) -> float:
    """The weight with the highest mean reciprocal rank when groups of the training programs are held out in turn."""
    programs = sorted({case.program for case in training})
    gained = dict.fromkeys(WEIGHTS, 0.0)
    for fold in range(INNER_FOLDS):
        out = set(programs[fold::INNER_FOLDS])
        model = fitted([case for case in training if case.program not in out], fit)
        for case in training:
            if case.program in out and case.at >= 0:
                chances = model(case.features)
                for weight in WEIGHTS:
                    gained[weight] += standing(joined(case, chances, weight), case.at).reciprocal_rank
    return max(WEIGHTS, key=lambda weight: gained[weight])


def fitted(training: Sequence[Case], fit: Fit) -> Model:
    """A model of the features of training cases."""
    return fit([case.features for case in training], [case.fault for case in training])


def held_out(found: Sequence[Case]) -> Iterator[tuple[str, Case, Standing]]:
    """Every ranking of every mutant with an element at fault, by models that have not seen its program."""
    for program in sorted({case.program for case in found}):
        training = [case for case in found if case.program != program]
        models = {name: (fitted(training, fit), chosen_weight(training, fit)) for name, fit in MODELS.items()}
        for case in found:
            if case.program != program or case.at < 0:
                continue
            yield "today", case, standing(case.scores, case.at)
            yield "prior alone", case, standing(shared(case, published(case)), case.at)
            for name, (model, weight) in models.items():
                chances = model(case.features)
                yield f"{name} alone", case, standing(shared(case, chances), case.at)
                yield f"today and {name}", case, standing(joined(case, chances, weight), case.at)


def published(case: Case) -> Mapping[str, float]:
    """`FAULT_SHARE` by fault; it does not tell hidden from output activations, nor names all kinds."""
    return {fault: FAULT_SHARE.get(fault.split()[-1], min(FAULT_SHARE.values())) for fault in set(case.faults)}


def sign_flip(differences: Sequence[float]) -> float:
    """Exact one-sided p of a mean above 0: the share of all sign flips with a mean as large (Fisher, 1935)."""
    total = sum(differences)
    flips = product((1, -1), repeat=len(differences))
    sums = [sum(sign * value for sign, value in zip(signs, differences, strict=True)) for signs in flips]
    return float(np.mean([each >= total - 1e-12 for each in sums]))


def evaluate(results: Path = RESULTS) -> None:
    """Write a row for each ranking, over all faults and for each kind of fault, and print the former."""
    found = list(held_out(cases(read())))
    programs = sorted({case.program for _, case, _ in found})
    names = list(dict.fromkeys(name for name, _, _ in found))

    def by_program(name: str) -> list[float]:
        return [
            float(np.mean([one.reciprocal_rank for which, case, one in found if (which, case.program) == (name, each)]))
            for each in programs
        ]

    today = by_program("today")
    rows = []
    for name in names:
        of_name = [(case, one) for which, case, one in found if which == name]
        p = sign_flip([a - b for a, b in zip(by_program(name), today, strict=True)])
        for fault in ("all", *sorted({case.fault for case, _ in of_name})):
            chosen = [one for case, one in of_name if fault in ("all", case.fault)]
            row = {"ranking": name, "fault": fault, "mutants": str(len(chosen))}
            row["mean_reciprocal_rank"] = f"{np.mean([one.reciprocal_rank for one in chosen]):.3f}"
            for number, depth in enumerate(DEPTHS):
                row[f"recall_at_{depth}"] = f"{np.mean([one.recalls[number] for one in chosen]):.3f}"
            rows.append(row | {"p_better_than_today": f"{p:.4f}" if fault == "all" and name != "today" else ""})
    with results.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, fieldnames=list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    for row in rows:
        if row["fault"] == "all":
            print(*row.values(), sep="\t")
