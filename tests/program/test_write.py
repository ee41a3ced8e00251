import os
import stat

import pytest

from netmend.core.errors import EnvironmentFault, UsageError
from netmend.program import write
from netmend.program.edits import Change, SourcePatch
from netmend.program.places import Edit
from netmend.program.source import Program
from netmend.program.write import apply_to_user_file, replace_file


def repair(path, name=None):
    program = Program.read(path)
    file = program.file(name or path.name)
    at = file.text.index("0.1")
    edit = Edit(file.name, at, at + 3, "0.01")
    return program, SourcePatch(program).with_change(Change("rate", file.place(at), "fit", "0.1", "0.01", (edit,)))


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "train me.py"
    path.write_bytes(b"rate = 0.1\r\nx = 1")
    return path


def test_a_patch_is_applied_with_a_backup_and_permissions_stay(script):
    script.chmod(0o750)
    (backup,) = apply_to_user_file(*repair(script))
    assert script.read_bytes() == b"rate = 0.01\r\nx = 1"
    assert backup.name == "train me.py.orig"
    assert backup.read_bytes() == b"rate = 0.1\r\nx = 1"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (script, backup)] == [0o750, 0o750]
    assert sorted(path.name for path in script.parent.iterdir()) == ["train me.py", "train me.py.orig"]


def test_a_backup_never_overwrites_another(script):
    taken = [script.with_name(script.name + suffix) for suffix in (".bak", ".bak.1")]
    for path in taken:
        path.write_text("mine")
    (backup,) = apply_to_user_file(*repair(script), backup_suffix=".bak")
    assert backup.name == "train me.py.bak.2"
    assert [path.read_text() for path in taken] == ["mine", "mine"]


def test_a_file_that_changed_meanwhile_is_left_alone(script):
    program, patch = repair(script)
    script.write_text("rate = 0.2\n")
    with pytest.raises(UsageError, match="changed since"):
        apply_to_user_file(program, patch)
    assert [path.name for path in script.parent.iterdir()] == [script.name]
    script.unlink()
    with pytest.raises(UsageError, match="changed since"):
        apply_to_user_file(program, patch)


def test_only_the_module_that_holds_the_element_is_written(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package/settings.py").write_text("rate = 0.1\n")
    (tmp_path / "train.py").write_text("from package.settings import rate\n")
    backups = apply_to_user_file(*repair(tmp_path / "train.py", "package/settings.py"))
    assert backups == (tmp_path.resolve() / "package/settings.py.orig",)
    assert (tmp_path / "package/settings.py").read_text() == "rate = 0.01\n"


def test_a_failed_write_leaves_the_original_and_names_the_backup(script, monkeypatch):
    program, patch = repair(script)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    real, calls = os.fsync, []
    # The first call belongs to the backup, the second to the file itself.
    monkeypatch.setattr(write.os, "fsync", lambda file: calls.append(file) or (real if len(calls) == 1 else full)(file))
    with pytest.raises(EnvironmentFault, match=r"No space left(.|\n)*originals:.*\.orig"):
        apply_to_user_file(program, patch)
    assert script.read_bytes() == program.main.raw
    assert sorted(path.name for path in script.parent.iterdir()) == ["train me.py", "train me.py.orig"]


def test_links_are_replaced_and_never_written_through(tmp_path):
    (tmp_path / "original.py").write_text("mine")
    (tmp_path / "symbolic.py").symlink_to("original.py")
    (tmp_path / "hard.py").hardlink_to(tmp_path / "original.py")
    for name in ("symbolic.py", "hard.py"):
        replace_file(tmp_path / name, b"theirs")
    assert (tmp_path / "original.py").read_text() == "mine"
    assert {(tmp_path / name).read_text() for name in ("symbolic.py", "hard.py")} == {"theirs"}


def test_an_unwritable_place_is_an_environment_fault(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault, match="cannot write"):
        replace_file(tmp_path / "file" / "train.py", b"")
