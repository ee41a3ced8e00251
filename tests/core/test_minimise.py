from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from netmend.core.minimise import minimise


@dataclass(frozen=True)
class Parts:
    parts: frozenset

    @property
    def id(self):
        return repr(sorted(self.parts))

    @property
    def size(self):
        return len(self.parts)

    def describe(self):
        return self.id

    def smaller(self):
        return [Parts(self.parts - {part}) for part in sorted(self.parts)]

    def write(self, folder):
        raise AssertionError("minimising writes nothing")


@settings(derandomize=True, deadline=None)
@given(st.frozensets(st.integers(0, 7), min_size=1), st.data())
def test_what_is_left_is_exactly_what_is_needed(parts, data):
    needed = data.draw(st.frozensets(st.sampled_from(sorted(parts)), min_size=1))
    found = minimise(Parts(parts), lambda patch: needed <= patch.parts)
    assert found.parts == needed


def test_no_attempt_is_made_twice_and_the_empty_patch_never():
    tried = []

    def accepts(patch):
        tried.append(patch.id)
        return patch.parts >= {1} or patch.parts >= {2}

    assert minimise(Parts(frozenset({1, 2, 3})), accepts).size == 1
    assert len(tried) == len(set(tried))
    assert "[]" not in tried


def test_it_stops_with_the_best_so_far_when_the_budget_is_spent():
    left = [True, False]
    found = minimise(Parts(frozenset({1, 2, 3})), lambda patch: True, may_go_on=lambda: left.pop(0))
    assert found.size == 2
