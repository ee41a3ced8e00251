import pytest

from bench.elements.calibration import by_kind, calibration_error
from bench.elements.holes import Hole


def holes(kind, *pairs):
    return [Hole(kind, "a", "keras", 1 if right else 2, sure) for sure, right in pairs]


def test_who_is_right_as_often_as_sure_has_no_error():
    assert calibration_error(holes("loss", *[(0.75, True)] * 3, (0.75, False)), bins=1) == 0


def test_the_error_is_the_mean_distance_over_bins_of_equal_numbers():
    found = holes("loss", (0.2, True), (0.4, False), (0.9, True), (0.7, True))
    assert calibration_error(found, bins=2) == pytest.approx((abs(0.3 - 0.5) + abs(0.8 - 1)) / 2)


def test_the_error_of_all_kinds_is_the_mean_of_theirs():
    found = [*holes("loss", (0.5, True)), *holes("epochs", (0.5, False), (0.5, True))]
    assert by_kind(found) == {"loss": 0.5, "epochs": 0.5, "macro": 0.5}
