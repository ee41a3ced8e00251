import pytest

from netmend.core.errors import UsageError
from netmend.corpus.clones import clones


@pytest.mark.parametrize("bare", [False, True])
def test_work_trees_and_bare_repositories_are_read_alike(clone_of, bare):
    (clone,) = clones(clone_of("a+one", {"x.py": "print(1)\n", "in/ü.py": b"\xff\x00"}, bare=bare))
    assert clone.name == "a/one"
    entries = {entry.path: entry for entry in clone.entries()}
    assert {path: entry.size for path, entry in entries.items()} == {"x.py": 9, "in/ü.py": 2}
    contents = clone.contents(tuple(entry.blob for entry in entries.values()))
    assert contents[entries["in/ü.py"].blob] == b"\xff\x00"
    assert contents[entries["x.py"].blob] == b"print(1)\n"


def test_the_newest_commit_is_read_and_not_what_lies_in_the_folder(clone_of):
    folder = clone_of("a+one", {"x.py": "old\n"})
    (folder / "x.py").write_text("new\n")
    (clone,) = clones(folder)
    (entry,) = clone.entries()
    assert clone.contents((entry.blob,)) == {entry.blob: b"old\n"}


def test_all_clones_in_a_folder_are_found_by_name(clone_of, tmp_path):
    clone_of("b+two", {"x.py": ""})
    clone_of("a+one", {"x.py": ""}, bare=True)
    assert [clone.name for clone in clones(tmp_path)] == ["a/one", "a/one", "b/two"]


def test_the_origin_names_a_clone_whose_folder_does_not(clone_of, tmp_path):
    folder = clone_of("plain", {"x.py": ""})
    assert clones(folder)[0].name == "plain"
    with (folder / ".git/config").open("a") as config:
        config.write('[remote "origin"]\n\turl = https://example.org/owner/repository.git\n')
    assert clones(folder)[0].name == "owner/repository"


def test_what_a_clone_does_not_hold_is_left_out(clone_of):
    (clone,) = clones(clone_of("a+one", {"x.py": "1\n"}))
    assert clone.contents(("0" * 40,)) == {}
    assert clone.contents(()) == {}


def test_a_link_is_no_file(clone_of, tmp_path):
    folder = clone_of("a+one", {"x.py": "1\n"})
    import subprocess

    (folder / "link.py").symlink_to("/etc/passwd")
    who = ["-c", "user.name=n", "-c", "user.email=e@e", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", folder, "add", "-A"], check=True)
    subprocess.run(["git", "-C", folder, *who, "commit", "-qm", "link"], check=True)
    assert [entry.path for entry in clones(folder)[0].entries()] == ["x.py"]


def test_a_folder_without_clones_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no clone"):
        clones(tmp_path)
