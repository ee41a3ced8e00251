import csv
from collections import Counter
from dataclasses import replace

import pytest

from netmend.corpus.build import build
from netmend.corpus.extract import Extract
from netmend.corpus.families import Families
from netmend.corpus.likeness import ALIKE, jaccard, shingles
from netmend.program.sequence.vocabulary import ELEMENTS

OPTIMISERS = ("adam", "sgd", "rmsprop", "nadam", "adagrad")
ACTIVATIONS = ("relu", "tanh", "elu", "selu", "sigmoid")


def extract_of(repository, *examples, licence="MIT"):
    own = tuple(replace(each, repository=repository, licence=licence) for each in examples)
    return Extract(repository, "c" * 40, licence, Counter(files=len(own), programs=len(own)), own)


@pytest.fixture
def varied(example):
    """Programs no two of which are alike, by number."""
    return lambda number: _varied(example, number)


def _varied(example, number):
    word = "".join(chr(97 + int(digit)) * 3 for digit in f"{number:04d}")
    return example(
        words=f"{word}_{word[::-1]}x",
        layers=tuple(2 ** (1 + (number + n) % 9) for n in range(2 + number % 4)),
        optimiser=OPTIMISERS[number % 5],
        activation=ACTIVATIONS[number // 5 % 5],
        epochs=(5, 10, 20, 50, 100)[number % 5],
    )


@pytest.fixture
def several(varied):
    extracts = [
        extract_of(f"owner{n}/r", *(varied(10 * n + k) for k in range(3 + n % 5))) for n in range(30)
    ]  # fmt: skip
    extracts[7] = replace(extracts[7], examples=(*extracts[7].examples, replace(varied(200), repository="owner7/r")))
    return extracts


def test_no_family_is_in_two_shares_and_no_two_models_of_the_corpus_are_alike(several):
    corpus = build(several, Families((("owner1?/*", "ten"),)))
    shares = Counter((each.family, each.share) for each in corpus.examples)
    assert len({family for family, _ in shares}) == len(shares) == 21
    assert {share for _, share in shares} == {"train", "validation", "test"}
    sets = [shingles(each.sequence) for each in corpus.examples]
    assert max(jaccard(one, other) for n, one in enumerate(sets) for other in sets[:n]) < ALIKE


def test_each_share_has_the_kinds_of_elements_that_the_programs_have(several):
    corpus = build(several, Families())
    for share in ("train", "validation", "test"):
        kinds = {token.kind for each in corpus.examples if each.share == share for token in each.sequence.tokens}
        assert set(ELEMENTS) <= kinds


def test_of_models_that_are_alike_the_one_of_the_first_repository_is_kept_and_the_others_are_counted(varied):
    one, other = varied(1), varied(2)
    corpus = build([extract_of("b/y", one, other), extract_of("A/x", one)], Families())
    assert [(each.repository, each.family) for each in corpus.examples] == [("A/x", "a"), ("b/y", "b")]
    first, second = corpus.rows
    assert (first.repository, first.models, first.equal) == ("A/x", 1, 0)
    assert (second.repository, second.sequences, second.models, second.equal) == ("b/y", 2, 1, 1)


def test_authors_who_share_more_than_single_programs_are_one_family(varied):
    shared = [varied(n) for n in range(3)]
    corpus = build(
        [extract_of("teacher/c", *shared, varied(9)), extract_of("pupil/c", *shared, varied(10)),
         extract_of("stranger/c", shared[0], varied(11))],
        Families(),
    )  # fmt: skip
    assert {row.repository: row.family for row in corpus.rows} == {
        "pupil/c": "pupil", "teacher/c": "pupil", "stranger/c": "stranger",
    }  # fmt: skip


def test_other_licences_and_contradictory_models_are_left_out_and_counted(varied, example):
    wrong = example(loss="binary_crossentropy", layers=(8, 1))
    extracts = [extract_of("a/x", varied(1), wrong), extract_of("b/y", varied(2), licence="GPL")]
    corpus = build([*extracts, extract_of("c/z", varied(3), licence="")], Families())
    assert len(corpus.examples) == 1
    assert corpus.rows[0].contradictory == 1
    assert corpus.refused == {"GPL": 1, "": 1}


def test_the_manifest_has_a_row_for_each_repository_and_counts_what_is_written(varied, tmp_path):
    corpus = build([extract_of("a/x", varied(1))], Families())
    corpus.write_manifest(tmp_path / "manifest.csv")
    (row,) = csv.DictReader((tmp_path / "manifest.csv").open())
    assert (row["repository"], row["licence"], row["models"]) == ("a/x", "MIT", "1")
    assert row["layer"] == str(len(corpus.examples[0].sequence.positions("layer")))
    assert row["learning-rate"] == "0", "a default is not written"
    assert row["optimiser"] == "1"
