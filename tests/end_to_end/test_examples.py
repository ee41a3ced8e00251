"""Every example is repaired by `auto` from its own faults, as a user would do it: through the command line."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from netmend.program.source import Program

EXAMPLES = Path(__file__).parents[2] / "examples"

# Program, goal, and the elements of which at least one is at fault (see examples/README.md).
CASES = [
    pytest.param("digits_keras.py", 0.9, {"activation", "learning-rate"}, marks=pytest.mark.keras),
    pytest.param("breast_cancer_keras.py", 0.9, {"activation"}, marks=pytest.mark.keras),
    pytest.param("diabetes_keras.py", 60, {"activation"}, marks=pytest.mark.keras),
    pytest.param("wine_keras.ipynb", 0.9, {"initialiser"}, marks=pytest.mark.keras),
    pytest.param("digits_torch.py", 0.9, {"activation"}, marks=pytest.mark.torch),
    pytest.param("wine_torch.py", 0.9, {"learning-rate"}, marks=pytest.mark.torch),
    pytest.param("breast_cancer_torch.py", 0.9, {"epochs", "batch-size", "learning-rate"}, marks=pytest.mark.torch),
]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "goal", "faults"), CASES)
def test_an_example_is_repaired(name, goal, faults, tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    folder, out = tmp_path / "programs", tmp_path / "out"
    folder.mkdir()
    shutil.copy(EXAMPLES / name, folder)
    original = (folder / name).read_bytes()
    command = [sys.executable, "-m", "netmend", "repair", str(folder / name), "--goal", str(goal)]
    command += ["--budget", "30x", "--seeds", "4", "--out", str(out), "--json"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr[-3000:]
    report = json.loads(run.stdout)
    assert report["conclusion"]["outcome"] == "plausible"
    assert report["control"]["outcome"] not in ("improved", "plausible")
    assert report["confirmed"]["purpose"] == "confirm"
    assert (folder / name).read_bytes() == original, "without --apply nothing of the user's is touched"
    assert list(folder.iterdir()) == [folder / name]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and name in page

    before = Program.read(folder / name)
    subprocess.run(["git", "apply", "--check", "-v", str(out / "patch.diff")], cwd=folder, check=True)
    subprocess.run(["git", "apply", str(out / "patch.diff")], cwd=folder, check=True)
    after = Program.read(folder / name)
    assert after.main.text != before.main.text
    changed = {change.split(" of ")[0] for change in report["confirmed"]["change"].split("; ")}
    assert changed & faults, f"{changed} instead of {faults}"
