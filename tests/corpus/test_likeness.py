import numpy as np

from netmend.corpus.likeness import ALIKE, jaccard, repeats, shingles


def test_the_index_of_jaccard_is_what_both_have_over_what_either_has():
    one, other = frozenset({("a",), ("b",), ("c",)}), frozenset({("b",), ("c",), ("d",)})
    assert jaccard(one, other) == 2 / 4
    assert jaccard(frozenset(), frozenset()) == 1.0


def test_repeats_are_found_as_by_comparing_all_with_all():
    random = np.random.default_rng(3)
    sets = []
    for _ in range(120):
        if sets and random.random() < 0.6:
            copy = {shingle for shingle in sets[random.integers(len(sets))] if random.random() > 0.07}
            sets.append(frozenset(copy | {(str(random.integers(200)),) for _ in range(random.integers(3))}))
        else:
            sets.append(frozenset((str(number),) for number in random.integers(200, size=random.integers(1, 25))))
    kept, slow = [], []
    for number, each in enumerate(sets):
        first = next((other for other in kept if jaccard(each, sets[other]) >= ALIKE), None)
        if first is None:
            kept.append(number)
        else:
            slow.append((number, first))
    assert len(slow) > 10
    assert list(repeats(sets)) == slow


def test_of_what_is_kept_no_two_are_alike(example):
    sets = [shingles(example(epochs=epochs, optimiser=optimiser).sequence)
            for epochs in (5, 10, 20) for optimiser in ("adam", "sgd", "nadam")]  # fmt: skip
    left_out = {number for number, _ in repeats(sets, 0.6)}
    kept = [each for number, each in enumerate(sets) if number not in left_out]
    assert left_out
    assert all(jaccard(one, other) < 0.6 for one in kept for other in kept if one is not other)


def test_programs_that_differ_in_a_name_are_alike_and_other_models_are_not(example):
    base = {"words": "pictures_of_many_small_grey_birds", "layers": (64, 32, 32, 16, 10)}
    first = shingles(example(**base).sequence)
    renamed = shingles(example(**base | {"words": "pictures_of_many_small_grey_cats"}).sequence)
    other = shingles(example(words="prices", layers=(8, 1), activation="tanh", optimiser="sgd").sequence)
    assert ALIKE <= jaccard(first, renamed) < 1
    assert jaccard(first, other) < 0.2
