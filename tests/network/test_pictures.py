"""Pictures from files, of the size a network takes."""

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.network.pictures import pixels
from tests.repairs.conversion.test_pictures import save


def test_only_the_middle_is_left_of_what_is_wider(tmp_path):
    image = pytest.importorskip("PIL.Image")
    wide = np.zeros((8, 40, 3), np.uint8)
    wide[:, 12:28] = 200
    image.fromarray(wide).save(tmp_path / "wide.png")
    np.testing.assert_array_equal(pixels(tmp_path / "wide.png", 8, 8, 3), 200)


def test_a_picture_is_cut_to_its_centre(tmp_path):
    assert pixels(save(tmp_path / "p.png", (40, 20)), 8, 8, 3).shape == (8, 8, 3)


def test_a_corrupt_picture_is_named(tmp_path):
    good = save(tmp_path / "p.png").read_bytes()
    (tmp_path / "broken.png").write_bytes(good[: len(good) // 2])
    with pytest.raises(UsageError, match="cannot be read") as error:
        pixels(tmp_path / "broken.png", 4, 4, 3)
    assert "broken.png" in error.value.where
