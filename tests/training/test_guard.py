import ast
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from netmend.training import guard
from netmend.training.executors import template
from netmend.training.probes import launch, seeding

LIMITS = {"seconds": 20, "memory": 2**30, "output": 2**20, "file_size": 2**20}
CHAIN = """import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: time.sleep(600)
    os._exit(0)
os.wait()"""


@pytest.mark.parametrize("module", [guard, launch, seeding, template])
def test_what_runs_under_the_users_interpreter_is_python_3_8_and_needs_the_standard_library_alone(module):
    tree = ast.parse(Path(module.__file__).read_text(), feature_version=(3, 8))
    imported = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module.partition(".")[0])
    assert imported <= sys.stdlib_module_names


class Guarded:
    """A guard started by hand."""

    def __init__(self, folder, text, without_proc=False, **limits):
        self.log = folder / "log.txt"
        command = [sys.executable, "-c", text]
        orders = {**LIMITS, **limits, "log": str(self.log), "folder": str(folder), "command": command}
        blind = f"import sys; sys.path.insert(0, {str(Path(guard.__file__).parent)!r}); import guard, os\n"
        blind += "os.access = lambda *_: False\nguard.main()"
        how = ["-S", "-c", blind] if without_proc else ["-I", "-S", guard.__file__]
        self.process = subprocess.Popen([sys.executable, *how], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdin.write((json.dumps(orders) + "\n").encode())
        self.process.stdin.flush()

    def outcome(self):
        line = self.process.stdout.readline()
        self.process.stdin.close()
        assert self.process.wait(20) == 0
        return json.loads(line)


def test_an_outcome_tells_how_long_how_much_and_how_it_ended(tmp_path):
    text = "import time; held = b'x' * 50_000_000; time.sleep(0.5); print('done'); raise SystemExit(3)"
    guarded = Guarded(tmp_path, text)
    outcome = guarded.outcome()
    assert (outcome["end"], outcome["status"], outcome["signal"], outcome["left"]) == ("exited", 3, None, 0)
    assert 0.5 <= outcome["wall_seconds"] < 10
    assert 0 < outcome["cpu_seconds"] < 5
    assert 50_000_000 < outcome["peak_memory"] < 200_000_000
    assert outcome["output"] == 5
    assert guarded.log.read_text() == "done\n"


def test_everything_ends_when_the_lifeline_does(tmp_path):
    guarded = Guarded(tmp_path, CHAIN + "\nprint('up', flush=True)\ntime.sleep(600)")
    time.sleep(0.5)
    children = guard._descendants(guarded.process.pid, frozenset())
    assert len(children) == 2
    guarded.process.stdin.close()
    outcome = json.loads(guarded.process.stdout.readline())
    assert (outcome["end"], outcome["signal"], outcome["left"]) == ("cancelled", 9, 0)
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []


@pytest.mark.skipif(shutil.which("ps") is None, reason="ps is not installed")
@pytest.mark.parametrize(
    ("text", "limits", "end"),
    [
        (CHAIN, {}, "exited"),
        (CHAIN + "\ntime.sleep(600)", {"seconds": 1.5}, "timeout"),
        ("held = []\nwhile True: held.append(b'x' * 10**6)", {"memory": 200 * 2**20}, "memory"),
    ],
)
def test_without_a_list_of_children_in_proc_the_table_of_ps_does(tmp_path, text, limits, end):
    outcome = Guarded(tmp_path, text, without_proc=True, **limits).outcome()
    assert (outcome["end"], outcome["left"]) == (end, 0)


def test_the_table_of_ps_agrees_with_proc():
    child = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)
    try:
        parent, resident = guard._ps()[child.pid]
        assert parent == os.getpid()
        assert resident == pytest.approx(guard._resident(child.pid), rel=0.5)
        assert child.pid in guard._descendants(os.getpid(), frozenset())
        assert child.pid not in guard._descendants(os.getpid(), frozenset({child.pid}))
    finally:
        child.communicate(b"\n")


def test_output_is_kept_from_both_ends_and_counted(tmp_path):
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    kept = guard._Output(reader, limit=10**7)
    sent = bytes(range(256)) * 4096
    for start in range(0, len(sent), 4096):
        os.write(writer, sent[start : start + 4096])
        kept.read()
    os.close(writer)
    kept.read()
    assert kept.total == len(sent)
    assert bytes(kept.head) == sent[: guard.KEEP]
    assert bytes(kept.tail) == sent[-guard.KEEP :]
    assert not kept.full
    assert kept.sources == []
    kept.write(str(tmp_path / "log.txt"))
    assert f"[... {len(sent) - 2 * guard.KEEP} bytes not kept ...]" in (tmp_path / "log.txt").read_text()


def test_a_full_disk_does_not_cost_the_outcome(tmp_path):
    reader, writer = os.pipe()
    os.close(writer)
    kept = guard._Output(reader, limit=10)
    assert select.select([reader], [], [], 1)[0]
    kept.read()
    kept.write(str(tmp_path / "no such folder" / "log.txt"))
