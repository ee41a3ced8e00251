"""Where more inputs are asked for than there are pictures, further ones are views of them."""

import numpy as np
import pytest

from bench.conversion.subjects import SUBJECTS, VIEWS, _picture

Image = pytest.importorskip("PIL.Image")


def test_every_view_is_another_picture_and_the_first_is_the_whole(tmp_path):
    values = np.random.default_rng(0).integers(0, 256, (30, 40, 3)).astype(np.uint8)
    Image.fromarray(values).save(tmp_path / "x.png")
    seen = [_picture(tmp_path / "x.png", 16, view) for view in range(len(VIEWS) + 1)]
    assert len({each.tobytes() for each in seen}) == len(VIEWS) + 1 and all(each.shape == (16, 16, 3) for each in seen)
    np.testing.assert_array_equal(seen[0], np.asarray(Image.fromarray(values).resize((16, 16))))


def test_further_inputs_leave_the_first_as_they_are():
    subject = SUBJECTS["mobilenet-v1"]
    if subject.missing:
        pytest.skip(f"{subject.missing} is not here")
    (few,), (many,) = (subject.rows(count, 1).values() for count in (3, 302))
    assert len(many) == 302 and np.array_equal(few, many[:3])
    assert len({each.tobytes() for each in many}) == 302
