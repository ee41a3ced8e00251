"""Points from folders of pictures."""

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.network.graph import Signature
from netmend.repairs.weights.reading._base import Images
from netmend.repairs.weights.reading.images import read

Image = pytest.importorskip("PIL.Image")
FIRST, LAST = (Signature("x", shape, "float32") for shape in ((None, 3, 4, 4), (None, 4, 4, 3)))


@pytest.fixture
def folder(tmp_path):
    for name, colour in (("cat", (255, 0, 0)), ("dog", (0, 0, 255))):
        (tmp_path / name).mkdir()
        Image.new("RGB", (4, 4), colour).save(tmp_path / name / "one.png")
        Image.new("RGB", (9, 6), colour).save(tmp_path / name / "two.png")
    return tmp_path


def test_folders_are_classes_in_alphabetical_order(folder):
    found = read(folder, (FIRST,), Images())
    assert found.labels.tolist() == [0, 0, 1, 1] and found.classes == ("cat", "dog")
    assert (
        found.inputs.shape == (4, 3, 4, 4)
        and np.allclose(found.inputs[:2, 0], 1)
        and np.allclose(found.inputs[2:, 2], 1)
    )


def test_numbered_folders_are_class_numbers(tmp_path):
    (tmp_path / "7").mkdir()
    Image.new("L", (4, 4), 128).save(tmp_path / "7" / "grey.png")
    assert read(tmp_path, (FIRST,), Images()).labels.tolist() == [7]


@pytest.mark.parametrize("hidden", [".ipynb_checkpoints", ".git"])
def test_hidden_folders_and_files_move_no_class(folder, hidden):
    (folder / hidden).mkdir()
    Image.new("RGB", (4, 4)).save(folder / hidden / "one-checkpoint.png")
    (folder / "cat" / "._one.png").write_bytes(b"what macOS puts beside a picture")
    found = read(folder, (FIRST,), Images())
    assert found.labels.tolist() == [0, 0, 1, 1] and found.classes == ("cat", "dog")


def test_an_empty_folder_is_a_class_among_names_and_nothing_beside_numbers(folder, tmp_path):
    (folder / "cow").mkdir()
    found = read(folder, (FIRST,), Images())
    assert found.labels.tolist() == [0, 0, 2, 2] and found.classes == ("cat", "cow", "dog")
    numbers = tmp_path / "numbers"
    for name in ("10", "2", "empty"):
        (numbers / name).mkdir(parents=True)
    for name in ("10", "2"):
        Image.new("RGB", (4, 4)).save(numbers / name / "one.png")
    found = read(numbers, (FIRST,), Images())
    assert found.labels.tolist() == [10, 2] and not found.classes


def test_numbers_and_names_together_are_refused(folder):
    (folder / "7").mkdir()
    Image.new("RGB", (4, 4)).save(folder / "7" / "one.png")
    with pytest.raises(UsageError, match="such as 7, and some not, such as cat"):
        read(folder, (FIRST,), Images())


def test_channels_are_scaled_and_placed_as_the_network_takes_them(folder):
    images = Images(mean=(0.5, 0.25, 0.0), std=(0.5, 1.0, 2.0))
    last = read(folder, (LAST,), images).inputs
    assert np.allclose(last[0, 0, 0], [1.0, -0.25, 0.0])
    assert np.allclose(read(folder, (FIRST,), images).inputs.transpose(0, 2, 3, 1), last)


@pytest.mark.parametrize(
    ("signature", "images", "said"),
    [
        (Signature("x", (None, 784), "float32"), Images(), "no picture"),
        (Signature("x", (None, 3, None, None), "float32"), Images(), "--size"),
        (FIRST, Images(size=5), "4 by 4, not 5"),
        (FIRST, Images(std=(0.0,)), "--std above zero"),
        (FIRST, Images(mean=(1.0, 2.0)), "one number or 3"),
    ],
)
def test_what_cannot_be_is_refused(folder, signature, images, said):
    with pytest.raises(UsageError) as raised:
        read(folder, (signature,), images)
    assert said in str(raised.value)


def test_broken_pictures_and_empty_folders_are_refused_by_name(folder, tmp_path):
    (folder / "cat" / "three.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    with pytest.raises(UsageError, match=r"three\.png"):
        read(folder, (FIRST,), Images())
    (tmp_path / "none").mkdir()
    with pytest.raises(UsageError, match="no pictures"):
        read(tmp_path / "none", (FIRST,), Images())
