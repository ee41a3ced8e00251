import os
import signal
from pathlib import Path

import pytest

from netmend.core.errors import UsageError
from netmend.training.executors import ForkExecutor, FreshExecutor, executor_for, fork
from netmend.training.executors.fork import TemplateFailed
from netmend.training.preload import Preload
from netmend.training.runs import RunRequest
from netmend.training.trace import RunEnd


@pytest.fixture
def forking(request):
    made = []

    def make(*modules, environment=None):
        made.append(ForkExecutor(Preload(modules, environment or {})))
        return made[-1]

    yield make
    for executor in made:
        executor.close()


def ask(folder, text="print('ran')", **options):
    (folder / "train.py").write_text(text)
    return RunRequest(folder=folder, script="train.py", seed=1, result=folder / "result", **options)


def module(folder, monkeypatch, name, text):
    (folder / "modules").mkdir(exist_ok=True)
    (folder / "modules" / f"{name}.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(folder / "modules"))


def template_pid(executor):
    (template,) = executor._templates.values()
    return template.process.pid


def descriptors(pid):
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def test_modules_are_imported_once_for_many_runs(forking, tmp_path, monkeypatch):
    module(tmp_path, monkeypatch, "slow_to_import", "import os\nPID = os.getpid()\n")
    executor = forking("slow_to_import")
    text = "import os, slow_to_import\nprint(slow_to_import.PID, os.getpid())"
    runs = [executor.run(ask(tmp_path, text)).log.read_text().split() for _ in range(2)]
    assert runs[0][0] == runs[1][0] == str(template_pid(executor))
    assert runs[0][1] != runs[1][1]


def test_each_environment_has_its_template(forking, tmp_path):
    executor = forking("json", environment={"OF_THE_PROGRAM": "a"})
    text = "import os\nprint(os.environ['OF_THE_PROGRAM'])"
    assert executor.run(ask(tmp_path, text)).log.read_text() == "a\n"
    assert executor.run(ask(tmp_path, text, environment={"OF_THE_PROGRAM": "b"})).log.read_text() == "b\n"
    assert len(executor._templates) == 2


UNSAFE = {
    "importing started 1 threads": "import threading, time\n"
    "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "it died while importing": "import os\nos._exit(1)",
}


@pytest.mark.parametrize("reason", UNSAFE)
def test_what_cannot_be_forked_runs_in_a_fresh_interpreter_and_says_so(forking, tmp_path, monkeypatch, reason):
    module(tmp_path, monkeypatch, "unsafe", UNSAFE[reason])
    result = forking("unsafe").run(ask(tmp_path))
    assert "run in a fresh interpreter because no template process could be had" in result.detail
    assert reason in result.detail


def test_a_program_runs_in_a_fresh_interpreter_where_importing_takes_too_long(forking, tmp_path, monkeypatch):
    module(tmp_path, monkeypatch, "endless", "import time\ntime.sleep(600)")
    monkeypatch.setattr(fork, "PATIENCE", 0.5)
    with pytest.raises(TemplateFailed, match=r"importing took longer than 0\.5 s"):
        fork._Template.start(os.sys.executable, ("endless",), dict(os.environ))


def test_a_template_that_was_killed_is_started_again(forking, tmp_path):
    executor = forking("json")
    assert executor.run(ask(tmp_path)).end is RunEnd.FINISHED
    first = template_pid(executor)
    os.kill(first, signal.SIGKILL)
    result = executor.run(ask(tmp_path))
    assert (result.end, result.detail) == (RunEnd.FINISHED, "ran to its end, but no training was seen")
    assert template_pid(executor) != first


def test_a_program_that_kills_the_template_does_not_stop_other_runs(forking, tmp_path):
    executor = forking("json")
    kill = "import os\nstat = open(f'/proc/{os.getppid()}/stat').read()\nos.kill(int(stat.split()[3]), 9)\nprint('ran')"
    for _ in range(fork.STARTS):
        result = executor.run(ask(tmp_path, kill))
        assert (result.end, result.log.read_text()) == (RunEnd.FINISHED, "ran\n")
        executor._templates.popitem()[1].stop()
    assert "it died 3 times" in executor.run(ask(tmp_path)).detail


def test_a_template_ends_with_its_executor(forking, tmp_path):
    executor = forking("json")
    executor.run(ask(tmp_path))
    pid = template_pid(executor)
    executor.close()
    executor.close()
    assert not Path(f"/proc/{pid}").exists()


def test_no_descriptor_is_lost_over_many_runs(forking, tmp_path):
    executor = forking("json")
    executor.run(ask(tmp_path))
    before = [descriptors("self"), descriptors(template_pid(executor))]
    for _ in range(10):
        executor.run(ask(tmp_path))
    assert [descriptors("self"), descriptors(template_pid(executor))] == before


def test_auto_forks_where_that_works_and_pays(monkeypatch):
    assert isinstance(executor_for("auto", Preload(("json",))), ForkExecutor)
    assert isinstance(executor_for("auto", Preload()), FreshExecutor)
    assert isinstance(executor_for("fork", Preload()), ForkExecutor)
    assert isinstance(executor_for("fresh", Preload(("json",))), FreshExecutor)
    monkeypatch.setattr("sys.platform", "darwin")
    assert isinstance(executor_for("auto", Preload(("json",))), FreshExecutor)
    with pytest.raises(UsageError, match="unknown executor 'ray'"):
        executor_for("ray", Preload())


def test_why_nothing_is_imported_ahead_is_told(tmp_path):
    executor = executor_for("auto", Preload(reason="a.py:1 says so"))
    assert executor.run(ask(tmp_path)).detail.endswith("(run in a fresh interpreter because a.py:1 says so)")


def test_where_forking_is_not_known_to_work_a_fork_that_was_asked_for_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(fork.sys, "platform", "darwin")
    executor = executor_for("fork", Preload(("json",)))
    monkeypatch.undo()
    assert "forking is not known to work on this system" in executor.run(ask(tmp_path)).detail
