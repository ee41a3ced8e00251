import os

import pytest

from netmend.core.errors import SourceError
from netmend.program.modules import read_with_modules


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def names(path):
    return [file.name for file in read_with_modules(path)]


def test_local_modules_follow_in_order_of_import(tmp_path):
    write(
        tmp_path,
        {
            "train.py": "import os, torch\nimport settings\ndef f():\n    from data.load import rows\nimport model\n",
            "settings.py": "import model\n",
            "model.py": "import settings\n",
            "data/__init__.py": "from . import clean\n",
            "data/load.py": "from .clean import x\nfrom ..model import y\n",
            "data/clean.py": "x = 1\n",
            "unused.py": "",
        },
    )
    assert names(tmp_path / "train.py") == [
        "train.py",
        "settings.py",
        "model.py",
        "data/__init__.py",
        "data/clean.py",
        "data/load.py",
    ]


def test_packages_come_before_modules_of_the_same_name_and_need_no_init(tmp_path):
    write(
        tmp_path, {"train.py": "import a\nfrom b import c\n", "a/__init__.py": "x = 1", "a.py": "x=2", "b/c.py": "y=1"}
    )
    assert names(tmp_path / "train.py") == ["train.py", "a/__init__.py", "b/c.py"]


def test_nothing_outside_the_folder_is_read(tmp_path):
    write(
        tmp_path,
        {
            "project/train.py": "from .. import outside\nfrom ..outside import x\nimport linked\nfrom .near import x\n",
            "project/near.py": "x = 1\n",
            "outside.py": "x = 1\n",
        },
    )
    (tmp_path / "project/linked.py").symlink_to(tmp_path / "outside.py")
    assert names(tmp_path / "project/train.py") == ["train.py", "near.py"]


def test_a_link_to_the_script_is_followed_as_python_does(tmp_path):
    write(tmp_path, {"real/train.py": "import model\n", "real/model.py": "x = 1\n"})
    (tmp_path / "link.py").symlink_to(tmp_path / "real/train.py")
    assert names(tmp_path / "link.py") == ["train.py", "model.py"]


@pytest.mark.parametrize(
    ("name", "phrase"),
    [("missing.py", "no such file"), ("missing", "no such file"), ("notes.txt", "'.txt'"), ("folder", "a folder")],
)
def test_what_is_no_program_is_named(tmp_path, name, phrase):
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(SourceError, match=phrase):
        read_with_modules(tmp_path / name)


@pytest.mark.parametrize("raw", [b"", b" \r\n\t\n"])
def test_an_empty_program_is_refused_but_an_empty_module_is_not(tmp_path, raw):
    (tmp_path / "train.py").write_bytes(b"import model\n")
    (tmp_path / "model.py").write_bytes(raw)
    assert names(tmp_path / "train.py") == ["train.py", "model.py"]
    with pytest.raises(SourceError, match="empty"):
        read_with_modules(tmp_path / "model.py")


def test_a_folder_or_a_pipe_with_a_script_name_is_refused(tmp_path):
    (tmp_path / "folder.py").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    for name in ("folder.py", "pipe.py"):
        with pytest.raises(SourceError, match=r"folder|regular"):
            read_with_modules(tmp_path / name)
