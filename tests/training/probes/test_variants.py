"""What variants of a script are made of; how they run is asked in `tests/training/test_build.py`."""

import os

import pytest

from netmend.program.source import Program
from netmend.training import build
from netmend.training.probes import launch, variants

GUARDED = {
    'if __name__ == "__main__":\n    a = 1\n    b = 2\n': 2,
    "if '__main__' == __name__:\n    a = 1\n    b = 2\n": 1,
    'if __name__ == "__main__":\n    a = 1\nelse:\n    b = 2\n': 1,
    'if __name__ != "__main__":\n    a = 1\n    b = 2\n': 1,
    'if __name__ == "train":\n    a = 1\n    b = 2\n': 1,
    'if __name__ == "__main__" == c:\n    a = 1\n    b = 2\n': 1,
    "if a:\n    a = 1\n    b = 2\n": 1,
    '"""Text."""\nfor a in b:\n    a = 1\n': 2,
}


@pytest.mark.parametrize("text", GUARDED)
def test_statements_are_counted_alike_on_both_sides(tmp_path, text):
    (tmp_path / "train.py").write_text(text)
    count = len(variants.Script(str(tmp_path / "train.py")).statements)
    assert count == GUARDED[text]
    assert count == len(list(build._statements(Program.from_text(text).main)))


def test_a_script_made_statement_by_statement_does_what_it_does_as_a_whole(tmp_path):
    text = (
        '"""Says what it is."""\nfrom __future__ import annotations\nimport sys\n'
        "def f(a: Unknown = 3): return sys._getframe().f_lineno\nclass C:\n    x: Unknown = 1\n"
        'x: Unknown = f()\nif __name__ == "__main__":\n    y = [f() for _ in range(2)]\n'
    )
    path = tmp_path / "train.py"
    path.write_text(text)
    whole, parts = {"__name__": "__main__"}, {"__name__": "__main__"}
    exec(compile(text, str(path), "exec"), whole)
    script = variants.Script(str(path))
    for number in range(len(script.statements)):
        script.execute([number], parts)
    assert parts.keys() == whole.keys()
    for name in ("x", "y", "__doc__", "__annotations__"):
        assert parts[name] == whole[name]
    assert parts["C"].__annotations__ == whole["C"].__annotations__ == {"x": "Unknown"}


def test_only_files_being_read_can_be_wound_back(tmp_path):
    (tmp_path / "data").write_text("0123456789")
    reading, writing, pipe = open(tmp_path / "data"), open(tmp_path / "new", "w"), os.pipe()  # noqa: SIM115
    os.lseek(reading.fileno(), 4, os.SEEK_SET)
    with open(os.devnull) as nothing:
        found = variants._open_files()
        assert nothing.fileno() not in found
    assert found[reading.fileno()] == 4
    assert [found[number] for number in (writing.fileno(), *pipe)] == [None] * 3
    known = {number: None for number in found if number not in (writing.fileno(), *pipe)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch, "cannot_be_forked", lambda: "")
        with pytest.raises(variants.Unshareable, match="cannot be wound back"):
            variants._refuse_fork(launch, known)
        variants._refuse_fork(launch, dict.fromkeys(found))
        patch.setattr(launch, "cannot_be_forked", lambda: "started 3 threads")
        with pytest.raises(variants.Unshareable, match="started 3 threads"):
            variants._refuse_fork(launch, dict.fromkeys(found))
    for each in (reading, writing):
        each.close()
    for number in pipe:
        os.close(number)


def test_changed_files_take_the_place_of_links_and_never_go_through_a_linked_folder(tmp_path):
    files, copy, outside = (tmp_path / name for name in ("files", "copy", "outside"))
    for folder in (files / "package", copy, outside):
        folder.mkdir(parents=True)
    (outside / "real.py").write_text("old")
    (files / "train.py").write_text("new")
    (copy / "train.py").symlink_to(outside / "real.py")
    variants._put(files, copy)
    assert ((copy / "train.py").read_text(), (outside / "real.py").read_text()) == ("new", "old")
    assert not (copy / "train.py").is_symlink()
    (files / "package" / "real.py").write_text("new")
    (copy / "package").symlink_to(outside)
    with pytest.raises(OSError, match="package is a link that leads out"):
        variants._put(files, copy)
    assert (outside / "real.py").read_text() == "old"
