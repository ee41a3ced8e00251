"""How numbers are bent for the normal distribution."""

import pytest

from netmend.search.cma import _bent


@pytest.mark.parametrize("bend", [0.01, 0.3, 0.5, 0.9])
def test_bending_moves_the_start_to_the_middle_keeps_the_ends_and_can_be_undone(bend):
    assert _bent(bend, bend, 0.5) == pytest.approx(0.5)
    assert (_bent(0.0, bend, 0.5), _bent(1.0, bend, 0.5)) == (0, 1)
    places = [place / 20 for place in range(21)]
    bent = [_bent(place, bend, 0.5) for place in places]
    assert bent == sorted(bent)
    assert [_bent(place, 0.5, bend) for place in bent] == pytest.approx(places)
