import subprocess
import sys

import pytest

from bench.architecture.faults import FAULTS
from bench.architecture.faults.__main__ import main


def test_the_catalogue_is_a_line_for_each_fault(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["faults"])
    main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(FAULTS)
    assert "0.51 -> 0.82" in next(line for line in lines if line.startswith("R1"))


def test_programs_are_written_to_folders_of_their_own(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["faults", "d1", "--write", str(tmp_path)])
    main()
    names = [f"D1-{framework}-{which}" for framework in ("keras", "torch") for which in ("faulty", "fixed")]
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(names)
    assert all((tmp_path / name / "train.py").is_file() for name in names)


def test_an_unknown_fault_is_named(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["faults", "X1"])
    with pytest.raises(SystemExit):
        main()
    assert "no fault X1" in capsys.readouterr().err


def test_nothing_heavy_is_loaded_to_read_the_catalogue():
    code = "import sys, bench.architecture.faults; print({'torch', 'keras', 'sklearn', 'PIL'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
