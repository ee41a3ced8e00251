import pytest

from bench.weights.plan import Only, settings
from bench.weights.subjects._base import Subject
from netmend.core.errors import UsageError

SUBJECTS = {
    name: Subject(name, "family", {"fog": (10, 50), "rotated": (1,)}, lambda fault, size, seed: None)
    for name in ("one", "other")
}


def keys(words=(), part="1/1", seeds=2):
    return [tuple(one.key.values()) for one in settings(SUBJECTS, Only(words), part, seeds)]


def test_the_parts_share_all_settings_and_have_none_in_common():
    first, second = keys(part="1/2"), keys(part="2/2")
    assert len(first) == len(second) == 6 and sorted(first + second) == sorted(keys())
    assert not set(first) & set(second)


def test_all_of_a_seed_comes_before_the_next():
    assert [key[-1] for key in keys()] == ["0"] * 6 + ["1"] * 6


def test_only_takes_what_every_named_field_allows():
    assert keys(["subject=one", "size=10,1", "seed=1"]) == [("one", "fog", "10", "1"), ("one", "rotated", "1", "1")]
    assert Only(["method=aprnn"]).takes({"norm": "l2", "heuristic": "last"})
    assert not Only(["method=aprnn"]).takes({"method": "prdnn"})


@pytest.mark.parametrize("word", ["colour=red", "aprnn"])
def test_an_unknown_field_is_refused(word):
    with pytest.raises(UsageError, match="FIELD=VALUE"):
        Only([word])
