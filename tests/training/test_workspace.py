import os
import shutil
import threading
import time

import pytest

from netmend.core.errors import EnvironmentFault, UsageError
from netmend.training import workspace
from netmend.training.workspace import digest, private_copy


def make(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def contents(folder):
    return {name: (folder / name).read_bytes() for name in names(folder)}


def test_a_copy_has_the_same_files_and_the_folder_stays_as_it_was(tmp_path):
    folder = make(tmp_path / "user", {"train.py": "x = 1\n", "data/a.csv": "1,2\n", "empty": ""})
    before = digest(folder)
    private_copy(folder, tmp_path / "work" / "1")
    assert contents(tmp_path / "work" / "1") == contents(folder)
    (tmp_path / "work" / "1" / "train.py").write_text("x = 2\n")
    (tmp_path / "work" / "1" / "data" / "a.csv").unlink()
    assert digest(folder) == before


@pytest.mark.parametrize("change", ["text", "name", "mode", "new", "gone", "link"])
def test_a_digest_sees_every_kind_of_change(tmp_path, change):
    folder = make(tmp_path, {"a": "1", "b": "2"})
    (folder / "l").symlink_to("a")
    before = digest(folder)
    state = (folder / "a").stat()
    match change:
        case "text":
            (folder / "a").write_text("9")
            os.utime(folder / "a", ns=(state.st_atime_ns, state.st_mtime_ns))
        case "name":
            (folder / "a").rename(folder / "c")
        case "mode":
            (folder / "a").chmod(0o600 if state.st_mode & 0o077 else 0o644)
        case "new":
            (folder / "d").mkdir()
        case "gone":
            (folder / "b").unlink()
        case "link":
            (folder / "l").unlink()
            (folder / "l").symlink_to("b")
    assert digest(folder) != before


def test_what_no_run_needs_is_left_out(tmp_path):
    folder = make(tmp_path / "user", {"train.py": "", "env/pyvenv.cfg": "", "env/lib/x.py": "", "kept/y.py": ""})
    make(folder, {".git/HEAD": "", "kept/__pycache__/y.pyc": "", "out/report.html": ""})
    make(folder, {"netmend-out/train/report.html": "", "earlier/study/journal.jsonl": "", "earlier/report.html": ""})
    os.mkfifo(folder / "pipe")
    private_copy(folder, folder / "study" / "1", leave_out=[folder / "out"])
    private_copy(folder, folder / "study" / "2", leave_out=[folder / "out"])
    assert names(folder / "study" / "2") == ["kept/y.py", "train.py"]


def test_a_large_file_cannot_be_altered_through_a_copy_even_by_writing_to_it(tmp_path, monkeypatch):
    monkeypatch.setattr(workspace, "LINK_ABOVE", 10)
    folder = make(tmp_path / "user", {"train.py": "", "data.csv": "0123456789 and more"})
    before = digest(folder)
    private_copy(folder, tmp_path / "work" / "1")
    seen = tmp_path / "work" / "1" / "data.csv"
    assert seen.read_text() == "0123456789 and more"
    assert seen.is_symlink()
    assert seen.stat().st_mode & 0o222 == 0
    seen.chmod(0o644)  # what a program of the same user can do if it wants to
    seen.write_text("broken")
    assert digest(folder) == before
    private_copy(folder, tmp_path / "work" / "2")
    assert (tmp_path / "work" / "2" / "data.csv").read_text() == "0123456789 and more"


def test_links_keep_their_meaning(tmp_path):
    folder = make(tmp_path / "user", {"data/a.csv": "inside"})
    make(tmp_path / "elsewhere", {"b.csv": "outside"})
    (folder / "inside").symlink_to("data")
    (folder / "outside").symlink_to("../elsewhere")
    (folder / "absolute").symlink_to(folder / "data")
    private_copy(folder, tmp_path / "work" / "deep" / "1")
    copy = tmp_path / "work" / "deep" / "1"
    (copy / "data" / "a.csv").write_text("changed")
    assert (copy / "inside" / "a.csv").read_text() == "changed"
    assert (copy / "outside" / "b.csv").read_text() == "outside"
    assert (copy / "absolute" / "a.csv").read_text() == "inside"


def test_data_beside_the_folder_that_the_text_names_is_found_in_the_same_place(tmp_path):
    folder = make(tmp_path / "home" / "user", {"train.py": "open('../data/x.csv'); open(\"../one.csv\")", "../n": "no"})
    make(folder, {"book.ipynb": '{"source": ["load(\\"../more/y.csv\\")"]}'})
    make(tmp_path / "home", {"data/x.csv": "x", "more/y.csv": "y", "one.csv": "1"})
    for name in ("1", "2"):
        private_copy(folder, tmp_path / "work" / name)
    assert names(tmp_path / "work") == sorted(
        ["1/book.ipynb", "1/train.py", "2/book.ipynb", "2/train.py", "data/x.csv", "more/y.csv", "one.csv"]
    )


@pytest.mark.parametrize(
    "text",
    [
        "Path(__file__).resolve().parent.parent / 'data' / 'x.csv'",
        "Path(__file__).parents[1].joinpath('data/x.csv')",
        "os.path.join(os.path.dirname(__file__), '..', 'data', 'x.csv')",
        "os.path.join(os.path.dirname(__file__), os.pardir, 'data', 'x.csv')",
        "os.path.join(os.path.dirname(os.path.dirname(__file__)), 'data', 'x.csv')",
    ],
)
def test_data_beside_the_folder_is_found_however_the_path_is_put_together(tmp_path, text):
    folder = make(tmp_path / "home" / "user", {"train.py": text})
    make(tmp_path / "home", {"data/x.csv": "x", "diary/y.txt": "y"})
    private_copy(folder, tmp_path / "work" / "1")
    assert names(tmp_path / "work") == ["1/train.py", "data/x.csv"]


def test_what_lies_beside_the_folder_stays_there_where_the_text_does_not_go_up(tmp_path):
    folder = make(tmp_path / "home" / "user", {"train.py": "open('data/x.csv')", "data/x.csv": "mine"})
    make(tmp_path / "home", {"data/x.csv": "other"})
    private_copy(folder, tmp_path / "work" / "1")
    assert names(tmp_path / "work") == ["1/data/x.csv", "1/train.py"]


def test_a_folder_that_is_too_large_is_refused_with_advice(tmp_path):
    folder = make(tmp_path / "user", {"a": "x" * 600, "b": "x" * 600})
    with pytest.raises(UsageError, match="holds more than") as refused:
        private_copy(folder, tmp_path / "work" / "1", largest=1000)
    assert "to a folder of their own" in refused.value.hint
    assert not (tmp_path / "work" / "1").exists()


def test_a_place_that_cannot_be_written_is_an_environment_fault(tmp_path):
    folder = make(tmp_path / "user", {"a": "x"})
    make(tmp_path, {"file": ""})
    with pytest.raises(EnvironmentFault, match="cannot make a private copy"):
        private_copy(folder, tmp_path / "file" / "1")


def test_copies_made_at_once_are_all_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(workspace, "LINK_ABOVE", 10)
    folder = make(tmp_path / "home" / "user", {"train.py": "'../data'", "big": "0123456789" * 1000})
    make(tmp_path / "home" / "data", {str(number): "x" for number in range(50)})
    threads = [threading.Thread(target=private_copy, args=(folder, tmp_path / "w" / str(n))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(tmp_path / "w" / str(number) / "big").stat().st_size for number in range(8)} == {10_000}
    assert len(names(tmp_path / "w" / "data")) == 50
    assert len(names(tmp_path / "w" / "large")) == 1


def test_without_the_kernels_help_a_copy_is_the_same(tmp_path, monkeypatch):
    folder = make(tmp_path / "user", {"a": "x" * 100_000})

    def refuse(*_):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "copy_file_range", refuse)
    private_copy(folder, tmp_path / "work" / "1")
    assert contents(tmp_path / "work" / "1") == contents(folder)


def test_copying_a_small_program_takes_a_small_part_of_a_run(tmp_path):
    folder = make(tmp_path / "user", {f"{number}.py": "x = 1\n" * 100 for number in range(20)})
    began = time.monotonic()
    private_copy(folder, tmp_path / "work" / "1")
    assert time.monotonic() - began < 0.5
    shutil.rmtree(tmp_path / "work")
