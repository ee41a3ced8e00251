import pytest

from netmend.core.errors import UsageError
from netmend.repairs.weights.method_choice import DEFAULT, method_for, method_named, norms_of


def test_unknown_methods_and_norms_are_refused_with_what_there_is():
    for name, norm in (("magic", "l2"), ("linearise-solve-verify", "l3")):
        with pytest.raises(UsageError) as raised:
            method_named(name, norm)
        assert "choose one of" in raised.value.hint


def test_points_take_the_method_that_is_asked_for(wrong):
    assert [method_for(name, wrong) for name in (DEFAULT, "aprnn")] == [DEFAULT, "aprnn"]


def test_a_method_that_minimises_no_such_norm_is_refused_with_those_it_takes():
    assert "l2" not in norms_of("aprnn")
    with pytest.raises(UsageError, match="aprnn cannot minimise l2") as raised:
        method_named("aprnn", "l2")
    assert all(norm in raised.value.hint for norm in norms_of("aprnn"))
