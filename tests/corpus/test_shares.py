from collections import Counter

import numpy as np

from netmend.corpus.shares import LARGEST, TEST, VALIDATION, shares


def models(count=120, seed=0):
    random = np.random.default_rng(seed)
    sizes = random.lognormal(2, 0.5, count).astype(int) + 1
    return [(f"family {n}", ("keras", "torch")[n % 3 == 0]) for n, size in enumerate(sizes) for _ in range(size)]


def test_every_family_has_one_share_whatever_the_order_of_models():
    given = models()
    assert shares(given) == shares(given[::-1])
    assert shares(given).keys() == {family for family, _ in given}


def test_each_framework_gives_its_part_to_each_share():
    given = models()
    share = shares(given)
    for framework in ("keras", "torch"):
        counts = Counter(share[family] for family, each in given if each == framework)
        total = sum(counts.values())
        assert VALIDATION <= counts["validation"] / total <= VALIDATION + LARGEST
        assert TEST <= counts["test"] / total <= TEST + LARGEST


def test_a_large_family_is_for_training():
    given = [*models(), *[("giant", "keras")] * 300]
    assert shares(given)["giant"] == "train"


def test_a_family_keeps_its_share_when_its_models_are_named_by_another_framework_too():
    share = shares([("a", "keras"), ("a", "torch"), ("b", "torch")])
    assert set(share) == {"a", "b"}
