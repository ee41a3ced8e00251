import runpy
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from bench.architecture.data import excerpts, made, prepare
from bench.architecture.faults import catalogue

FORMS = {
    "mnist": ((2000, 14, 14), (2000, 14, 14), 10),
    "cifar10": ((2000, 22, 22, 3), (2000, 22, 22, 3), 10),
    "reuters": ((7185, 1000), (2246, 1000), 46),
}


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty cache, and no real data."""
    monkeypatch.setenv("NETMEND_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NETMEND_DATA", str(tmp_path / "nothing"))
    return tmp_path / "cache"


def module():
    return runpy.run_path(str(catalogue.MODULES / "core.py"))


@pytest.mark.parametrize("name", FORMS)
def test_a_stand_in_has_the_form_of_the_real_excerpt(name):
    arrays = prepare.STAND_INS[name]().arrays
    train, test, classes = FORMS[name]
    assert (arrays["x_train"].shape, arrays["x_test"].shape) == (train, test)
    assert arrays["x_train"].dtype == np.uint8
    assert set(np.unique(arrays["y_train"])) == set(range(classes))


@pytest.mark.parametrize("name", FORMS)
def test_an_excerpt_of_real_data_has_its_form(name):
    if not excerpts.at_hand(name, prepare.real_folder()):
        pytest.skip(f"no real {name} at hand")
    split = prepare.REAL[name](prepare.real_folder())
    train, test, classes = FORMS[name]
    assert (split.arrays["x_train"].shape, split.arrays["x_test"].shape) == (train, test)
    assert set(np.unique(split.arrays["y_train"])) == set(range(classes))
    assert "stand-in" not in split.source


def test_coarse_digits_are_means_of_four_pixels():
    folder = prepare.real_folder()
    if not excerpts.at_hand("mnist", folder):
        pytest.skip("no real mnist at hand")
    with np.load(folder / excerpts.FILES["mnist"]) as file:
        original = file["x_test"][7].astype(float)
    coarse = excerpts.mnist(folder).arrays["x_test"][7]
    assert coarse[6, 5] == round(original[12:14, 10:12].mean())


def test_bags_hold_which_words_occur():
    bags = excerpts._bags(np.array([5, 7, 5, 999, 1000, 2]), np.array([0, 3, 3, 6]))
    assert [np.flatnonzero(bag).tolist() for bag in bags] == [[5, 7], [], [2, 999]]


def test_generated_eyes_look_where_head_and_eye_together_point():
    arrays = made.eyes().arrays
    x, y, head = arrays["x_train"][..., 0].astype(float), arrays["y_train"], arrays["head_train"]
    weights = np.clip(75 - x, 0, None)  # dark pixels are the iris
    column = (weights * np.arange(60)).sum(axis=(1, 2)) / weights.sum(axis=(1, 2))
    assert np.corrcoef(column, y[:, 1] - head[:, 1])[0, 1] > 0.95
    assert abs(np.corrcoef(column, head[:, 1])[0, 1]) < 0.1


@pytest.mark.parametrize("name", ["eyes", "voices", "road", "particles"])
def test_what_cannot_be_had_is_called_a_stand_in(name):
    split = prepare.STAND_INS[name]()
    assert split.source.startswith("stand-in")
    assert len(split.arrays["x_train"]) == len(split.arrays["y_train"])
    assert len(split.arrays["x_test"]) >= 600
    assert all(np.isfinite(values).all() for values in split.arrays.values())


def test_stand_ins_are_the_same_every_time():
    first, second = made.particles().arrays, made.particles().arrays
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_a_prepared_file_is_made_once_and_read_by_the_programs(cache, capsys):
    path = prepare.prepare("particles")
    assert path == cache / f"bench-data-{prepare.EDITION}" / "particles-stand-in.npz"
    stamp = path.stat().st_mtime_ns
    assert prepare.prepare("particles").stat().st_mtime_ns == stamp
    (x_train, y_train), (x_test, y_test) = module()["particles"]()
    assert (x_train.shape, y_train.shape, len(x_test)) == ((640, 31), (640,), len(y_test))
    assert capsys.readouterr().out.startswith("data: stand-in for the Higgs table")


def test_real_data_come_before_a_stand_in(cache, monkeypatch, capsys):
    prepare.prepare("particles")
    real = made.cut("the real table", np.zeros((3, 31)), np.zeros(3), 2)
    monkeypatch.setattr(excerpts, "at_hand", lambda name, folder: True)
    monkeypatch.setitem(prepare.REAL, "particles", lambda folder: real)
    assert prepare.prepare("particles").name == "particles-real.npz"
    (x_train, _), _ = module()["particles"]()
    assert len(x_train) == 2
    assert capsys.readouterr().out == "data: the real table\n"


def test_a_program_without_prepared_data_says_what_to_do(cache):
    with pytest.raises(FileNotFoundError, match=r"python -m bench\.architecture\.data"):
        module()["mnist"]()


@pytest.mark.parametrize(("framework", "name"), [("torch", "particles"), ("keras", "eyes"), ("keras", "road")])
def test_a_full_program_without_its_data_says_where_to_put_them(framework, name, monkeypatch, tmp_path):
    if framework == "keras":
        monkeypatch.setitem(sys.modules, "keras", SimpleNamespace())
    monkeypatch.setenv("NETMEND_DATA", str(tmp_path))
    functions = runpy.run_path(str(catalogue.MODULES / f"{framework}_full.py"))
    with pytest.raises(FileNotFoundError, match="NETMEND_DATA"):
        functions[name]()


def test_the_full_reuters_are_the_published_7185_documents_as_bags(monkeypatch):
    documents = np.array([[1, 5, 9999]] * 8982)
    labels = np.arange(8982) % 46
    loaded = ((documents, labels), (documents[:2], labels[:2]))
    reuters = SimpleNamespace(load_data=lambda num_words: loaded)
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(datasets=SimpleNamespace(reuters=reuters)))
    functions = runpy.run_path(str(catalogue.MODULES / "keras_full.py"))
    (x_train, y_train), (x_test, _) = functions["reuters"]()
    assert (x_train.shape, x_test.shape) == ((7185, 10000), (2, 10000))
    assert np.flatnonzero(x_test[0]).tolist() == [1, 5, 9999]
    kept = np.random.RandomState(42).permutation(8982)[-7185:]
    assert np.array_equal(y_train, labels[kept])


def test_higgs_rows_are_read_by_column(monkeypatch, tmp_path):
    (tmp_path / "higgs").mkdir()
    rows = [",".join(["9", *map(str, range(i, i + 31)), "s" if i % 2 else "b"]) for i in range(9000, 13500)]
    (tmp_path / "higgs" / "training.csv").write_text("\n".join(["header", *rows]))
    monkeypatch.setenv("NETMEND_DATA", str(tmp_path))
    functions = runpy.run_path(str(catalogue.MODULES / "torch_full.py"))
    (x_train, y_train), (x_test, _) = functions["particles"]()
    assert (x_train.shape, x_test.shape) == ((1500, 31), (3000, 31))
    assert np.array_equal(y_train, 1 - x_train[:, 0] % 2)
    assert np.array_equal(x_test[:, 30] - x_test[:, 0], np.full(3000, 30.0))
