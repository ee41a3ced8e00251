import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.network.graph import Signature
from netmend.network.pictures import frame
from netmend.repairs.conversion.pictures import Preparation, listed, prepared

PIXELS = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 3), dtype=np.uint8)
FIRST, LAST = Signature("x", (None, 3, 4, 5), "float32"), Signature("x", (None, 4, 5, 3), "float32")


def save(path, size=(8, 6)):
    image = pytest.importorskip("PIL.Image")
    path.parent.mkdir(parents=True, exist_ok=True)
    image.fromarray(np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)).save(path)
    return path


def test_pixels_are_scaled_per_channel_and_put_where_the_network_takes_them():
    how = Preparation((0.5, 0.4, 0.3), (0.2, 0.2, 0.1))
    expected = (PIXELS / 255 - [0.5, 0.4, 0.3]) / [0.2, 0.2, 0.1]
    np.testing.assert_allclose(prepared(PIXELS, LAST, how), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(prepared(PIXELS, FIRST, how), expected.transpose(0, 3, 1, 2), rtol=1e-5, atol=1e-6)


def test_channels_may_be_the_other_way_round():
    one, other = (prepared(PIXELS, LAST, Preparation(order=order)) for order in ("rgb", "bgr"))
    np.testing.assert_array_equal(one[..., ::-1], other)


def test_integers_are_the_pixels_themselves():
    wanted = Signature("x", (None, 4, 5, 3), "uint8")
    np.testing.assert_array_equal(prepared(PIXELS, wanted, Preparation((0.5,), (0.5,))), PIXELS)


def test_integers_with_a_sign_have_their_zero_at_pixel_128():
    found = prepared(PIXELS, Signature("x", (None, 4, 5, 3), "int8"), Preparation())
    assert found.dtype == np.int8
    np.testing.assert_array_equal(found.astype(int) + 128, PIXELS)


def test_mean_and_deviation_must_fit_the_channels():
    with pytest.raises(UsageError, match="one number or 3"):
        prepared(PIXELS, LAST, Preparation((0.5, 0.5)))


def test_the_size_comes_from_the_network_or_from_the_user():
    assert frame(Signature("x", (None, 3, 4, 5), "float32"), None) == (4, 5, 3, False)
    assert frame(Signature("x", (None, None, None, 3), "float32"), 7) == (7, 7, 3, True)
    with pytest.raises(UsageError, match="any size"):
        frame(Signature("x", (None, 3, None, None), "float32"), None)
    with pytest.raises(UsageError, match="takes no pictures"):
        frame(Signature("x", (None, 10), "float32"), None)


def test_pictures_are_found_in_folders_in_order(tmp_path):
    for name in ("b/2.png", "a/1.png", "3.png"):
        save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("none")
    assert [path.relative_to(tmp_path).as_posix() for path in listed(tmp_path)] == ["3.png", "a/1.png", "b/2.png"]


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no pictures"):
        listed(tmp_path)
