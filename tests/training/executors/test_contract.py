"""What every executor promises, asked of each: scripts that go wrong in every way, and what must come back."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from netmend.training import channel
from netmend.training.environment import TAG
from netmend.training.executors import ForkExecutor, FreshExecutor
from netmend.training.preload import Preload
from netmend.training.runs import Limits, RunRequest
from netmend.training.trace import RunEnd

QUICK = Limits(seconds=20, memory=2**30, output=2**20, file_size=2**20)


OURS = f"NETMEND_TEST_{os.getpid()}"  # tells our processes from those of other tests running on this machine


@pytest.fixture(autouse=True)
def mark(monkeypatch):
    monkeypatch.setenv(OURS, "1")


@pytest.fixture(params=["fresh", "fork"])
def executor(request):
    made = {"fresh": FreshExecutor, "fork": ForkExecutor}[request.param](Preload(("numpy",)))
    yield made
    made.close()
    assert tagged() == []


def tagged():
    """Processes that carry our environment tag, less this one."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            variables = (process / "environ").read_bytes().split(b"\0")
            command = (process / "cmdline").read_text()
        except OSError:  # it is another user's, or has just ended
            continue
        names = {variable.partition(b"=")[0].decode(errors="replace") for variable in variables}
        if {TAG, OURS} <= names:
            found.append(command)
    return found


def tagged_runs():
    """The same without templates, which live as long as their executor."""
    return [command for command in tagged() if "template.py" not in command]


def script(folder, text, name="train.py"):
    path = folder / "program" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
    return path


def request(folder, limits=QUICK, result="result", **options):
    options = {"script": "train.py", "seed": 1, **options}
    return RunRequest(folder=folder / "program", result=folder / result, limits=limits, **options)


def events(folder, asked):
    return channel.events(folder / "result", asked.nonce).events


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except OSError:
        return False


ENDS = {
    "finished": ("print('hello')", RunEnd.FINISHED, "ran to its end", 0),
    "exit without a code": ("import sys; sys.exit()", RunEnd.FINISHED, "ran to its end", 0),
    "exit 0": ("import sys; sys.exit(0)", RunEnd.FINISHED, "ran to its end", 0),
    "exit 3": ("import sys\nsys.exit(3)", RunEnd.CRASHED, "sys.exit(3) (train.py:2)", 3),
    "exit with a text": ("import sys\nsys.exit('no data')", RunEnd.CRASHED, "sys.exit('no data') (train.py:2)", 1),
    "os._exit(0)": ("import os; os._exit(0)", RunEnd.NO_RESULT, "exit status 0 in the middle of the script", 0),
    "os._exit(7)": ("import os; os._exit(7)", RunEnd.CRASHED, "exit status 7 in the middle of the script", 7),
    "exception": (
        "import json\ndef load():\n    json.loads('{')\nload()\n",
        RunEnd.CRASHED,
        "JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1) (train.py:3)",
        1,
    ),
    "syntax error": ("x = 1\nx = = 2\n", RunEnd.CRASHED, "SyntaxError: invalid syntax (train.py, line 2)", 1),
    "missing package": ("import no_such_package", RunEnd.CRASHED, "No module named 'no_such_package'", 1),
    "reads input": ("input('how many epochs? ')", RunEnd.CRASHED, "waits for input, and there is none (train.py:1)", 1),
    "segmentation fault": ("import ctypes; ctypes.string_at(0)", RunEnd.KILLED, "signal 11 (SIGSEGV)", None),
    "abort": ("import os; os.abort()", RunEnd.KILLED, "signal 6 (SIGABRT)", None),
    "kills its own group": ("import os; os.killpg(0, 9)", RunEnd.KILLED, "signal 9 (SIGKILL)", None),
    "deep recursion": ("def f(): return f()\nf()", RunEnd.CRASHED, "RecursionError", 1),
    "recursion past every limit": (
        "import sys\nsys.setrecursionlimit(10**9)\nf = lambda x: f(*[x])\nclass A:\n"
        "    def __repr__(self): return repr(self)\nclass B:\n    __str__ = lambda self: str(self)\n"
        "repr(A())\n",
        RunEnd.KILLED,
        "SIGSEGV",
        None,
    ),
    "memory refused": ("import numpy\nnumpy.ones(10**15)", RunEnd.OUT_OF_MEMORY, "Unable to allocate", 1),
    "endless file": (
        "with open('big', 'wb') as file:\n    while True: file.write(bytes(65536))\n",
        RunEnd.TOO_MUCH_OUTPUT,
        "wrote a file of more than 1 MiB (train.py:2)",
        1,
    ),
    "prints without end": ("while True: print('x' * 1000)", RunEnd.TOO_MUCH_OUTPUT, "printed more than 1 MiB", None),
    "prints bytes without end": (
        "import os\nwhile True: os.write(2, os.urandom(4096))",
        RunEnd.TOO_MUCH_OUTPUT,
        "printed more than 1 MiB",
        None,
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_every_way_to_end_has_its_own_name_and_sentence(executor, tmp_path, name):
    text, end, sentence, code = ENDS[name]
    if "recursion past" in name and sys.version_info >= (3, 12):
        pytest.skip("Python 3.12 counts C recursion")
    script(tmp_path, text)
    result = executor.run(request(tmp_path))
    assert (result.end, result.exit_code) == (end, code), result.detail
    assert sentence in result.detail
    assert tagged_runs() == []


def test_the_end_event_tells_status_type_message_file_line_and_seconds(executor, tmp_path):
    script(tmp_path, "import helper\nhelper.go()\n")
    script(tmp_path, "def go():\n    raise ValueError('too small')\n", "helper.py")
    asked = request(tmp_path)
    executor.run(asked)
    first, *_, last = events(tmp_path, asked)
    assert (first["event"], first["schema"], first["seed"]) == ("start", 1, 1)
    assert first["python"] == ".".join(map(str, sys.version_info[:3]))
    wanted = {"status": "exception", "type": "ValueError", "message": "too small", "file": "helper.py", "line": 2}
    assert {key: last[key] for key in wanted} == wanted
    assert 0 <= last["seconds"] < 20


def test_a_missing_package_is_named(executor, tmp_path):
    script(tmp_path, "import no_such_package.part\n")
    assert executor.run(request(tmp_path)).missing == "no_such_package"


def test_the_printed_traceback_is_the_one_the_user_knows(executor, tmp_path):
    path = script(tmp_path, "def f():\n    raise ValueError('x')\nf()\n")
    log = executor.run(request(tmp_path)).log.read_text()
    own = subprocess.run([sys.executable, path], capture_output=True, text=True, cwd=path.parent).stderr
    assert log == own


HANGS = {
    "sleeps": "import time\nwhile True: time.sleep(1)",
    "computes": "while True: pass",
    "computes in C": "sum(range(10**13))",
    "ignores signals": """
        import signal, time
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
        while True: time.sleep(1)
        """,
}


@pytest.mark.parametrize("name", HANGS)
def test_a_program_that_hangs_is_ended_soon_after_its_limit(executor, tmp_path, name):
    script(tmp_path, HANGS[name])
    result = executor.run(request(tmp_path, Limits(seconds=1.0)))
    assert (result.end, result.detail) == (RunEnd.TIMED_OUT, "did not end within 1 s")
    assert 1.0 <= result.seconds < 6.0
    assert tagged_runs() == []


def test_sigterm_gives_a_program_the_chance_to_say_a_last_word(executor, tmp_path):
    text = """
        import signal, sys, time
        def last(*_):
            print('saved', flush=True)
            raise SystemExit(1)
        signal.signal(signal.SIGTERM, last)
        time.sleep(60)
        """
    script(tmp_path, text)
    result = executor.run(request(tmp_path, Limits(seconds=1.0)))
    assert (result.end, result.log.read_text()) == (RunEnd.TIMED_OUT, "saved\n")


CHILDREN = """
    import os, subprocess, sys, time
    sleep = [sys.executable, '-S', '-c', 'import time; time.sleep(600)']
    pids = [subprocess.Popen(sleep).pid for _ in range(5)]
    pids.append(subprocess.Popen(sleep, start_new_session=True).pid)
    reader, writer = os.pipe()
    if os.fork() == 0:  # a daemon: new session, parent gone
        os.setsid()
        if os.fork() == 0:
            os.write(writer, str(os.getpid()).encode())
            time.sleep(600)
        os._exit(0)
    pids.append(int(os.read(reader, 100)))
    os.wait()
    open('pids', 'w').write(' '.join(map(str, pids)))
    """


def test_a_program_that_ends_well_when_told_to_hurry_has_still_met_its_limit(executor, tmp_path):
    text = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\ntime.sleep(60)\n"
    script(tmp_path, text)
    assert executor.run(request(tmp_path, Limits(seconds=0.5))).end is RunEnd.TIMED_OUT


def test_a_child_that_falls_through_to_the_end_of_the_script_does_not_speak_for_it(executor, tmp_path):
    script(tmp_path, "import os, time\nif os.fork():\n    os.wait()\n    raise ValueError('the parent')\n")
    assert executor.run(request(tmp_path)).detail == "ValueError: the parent (train.py:4)"


@pytest.mark.parametrize("last", ["", "\n    time.sleep(600)"])
def test_children_and_daemons_end_with_their_program(executor, tmp_path, last):
    path = script(tmp_path, CHILDREN + last)
    result = executor.run(request(tmp_path, Limits(seconds=3.0)))
    assert result.end is (RunEnd.TIMED_OUT if last else RunEnd.FINISHED)
    pids = (path.parent / "pids").read_text().split()
    assert len(pids) == 7
    assert [pid for pid in pids if alive(pid)] == []


def test_a_chain_of_processes_that_fork_and_end_is_caught(executor, tmp_path):
    text = """
        import os, time
        if os.fork() == 0:
            stop = time.monotonic() + 60
            while time.monotonic() < stop:
                if os.fork():
                    os._exit(0)
        time.sleep(0.5)
        """
    script(tmp_path, text)
    assert executor.run(request(tmp_path)).end is RunEnd.FINISHED
    time.sleep(0.2)
    assert tagged_runs() == []


MEMORY = {
    "in itself": "held = []\nwhile True: held.append(b'x' * 10**7)",
    "in its children": """
        import os, time
        for _ in range(4):
            if os.fork() == 0:
                held = os.urandom(1) * 120_000_000
                time.sleep(60)
        os.wait()
        """,
}


@pytest.mark.parametrize("name", MEMORY)
def test_memory_of_the_whole_tree_is_limited(executor, tmp_path, name):
    script(tmp_path, MEMORY[name])
    result = executor.run(request(tmp_path, Limits(seconds=20, memory=300 * 2**20)))
    assert (result.end, result.detail) == (RunEnd.OUT_OF_MEMORY, "used more than 300 MiB of memory")
    assert tagged_runs() == []


def test_memory_that_forked_workers_share_is_counted_once(executor, tmp_path):
    text = """
        import os, time
        data = b'x' * 100_000_000
        workers = [os.fork() or (time.sleep(0.6), os._exit(0)) for _ in range(4)]
        for _ in workers: os.wait()
        """
    script(tmp_path, text)
    assert executor.run(request(tmp_path, Limits(seconds=20, memory=300 * 2**20))).end is RunEnd.FINISHED


def test_head_and_tail_of_the_output_are_kept_and_what_is_missing_is_said(executor, tmp_path):
    script(
        tmp_path, "print('first')\nfor i in range(200_000): print(i)\nprint('last \\udcff'.encode(errors='replace'))\n"
    )
    result = executor.run(request(tmp_path, Limits(output=10 * 2**20)))
    log = result.log.read_text()
    assert log.startswith("first\n0\n1\n")
    assert log.endswith("199999\nb'last ?'\n")
    assert "bytes not kept" in log
    assert len(log) < 600_000


def test_the_script_sees_what_its_user_would_see(executor, tmp_path):
    text = """
        import json, os, sys
        seen = dict(argv=sys.argv, path=sys.path, cwd=os.getcwd(), name=__name__, file=__file__, input=sys.stdin.read(),
                    spec=__spec__, package=__package__, main=sys.modules['__main__'].__dict__ is globals(),
                    builtins=type(__builtins__).__name__, loader=type(__loader__).__name__, doc=__doc__)
        print(json.dumps(seen))
        """
    path = script(tmp_path, text, "part/train.py")
    arguments = ("--epochs", "3", "a b", "")
    asked = request(tmp_path, script="part/train.py", arguments=arguments)
    seen = executor.run(asked).log.read_text()
    own = subprocess.run(
        [sys.executable, "part/train.py", *arguments],
        cwd=tmp_path / "program",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert path.exists()
    assert json.loads(seen) == json.loads(own.stdout)


def test_a_script_that_needs_arguments_and_gets_none_says_so(executor, tmp_path):
    text = """
        import argparse
        parser = argparse.ArgumentParser()
        parser.add_argument("data")
        parser.parse_args()
        """
    script(tmp_path, text)
    result = executor.run(request(tmp_path))
    assert result.end is RunEnd.CRASHED
    assert "error: the following arguments are required: data" in result.detail


def test_main_guard_and_spawned_workers_work(executor, tmp_path):
    text = """
        import multiprocessing
        def double(x): return 2 * x
        def main():
            with multiprocessing.get_context("spawn").Pool(2) as pool:
                print(pool.map(double, [1, 2, 3]))
        if __name__ == "__main__":
            main()
        """
    script(tmp_path, text)
    result = executor.run(request(tmp_path))
    assert result.end is RunEnd.FINISHED, result.detail
    assert result.log.read_text() == "[2, 4, 6]\n"
    assert tagged_runs() == []


def test_threads_and_exit_functions_of_the_script_run_to_their_end(executor, tmp_path):
    text = """
        import atexit, threading, time
        atexit.register(print, "bye")
        threading.Thread(target=lambda: (time.sleep(0.3), print("thread"))).start()
        print("main")
        """
    script(tmp_path, text)
    result = executor.run(request(tmp_path))
    assert (result.end, result.log.read_text()) == (RunEnd.FINISHED, "main\nthread\nbye\n")


def test_the_environment_holds_one_thread_and_no_trace_of_the_result_channel(executor, tmp_path):
    script(tmp_path, "import json, os, sys; print(json.dumps([dict(os.environ), sys.argv]))")
    asked = request(tmp_path, environment={"OF_THE_PROGRAM": "yes", "OMP_NUM_THREADS": "8"})
    environment, arguments = json.loads(executor.run(asked).log.read_text())
    wanted = {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg", "OF_THE_PROGRAM": "yes"}
    assert {name: environment[name] for name in wanted} == wanted
    told = json.dumps([environment, arguments])
    assert asked.nonce not in told
    assert str(tmp_path / "result") not in told


DRAWS = """
    import random
    import numpy as np
    print(random.random(), np.random.rand(), np.random.default_rng(0).random(), hash("x"))
    """


def test_the_same_seed_gives_the_same_numbers_under_both_executors_and_another_seed_others(tmp_path):
    script(tmp_path, DRAWS)
    said = {}
    for kind in (FreshExecutor, ForkExecutor):
        for modules in ((), ("numpy",)):
            made = kind(Preload(modules))
            for seed in (1, 2):
                log = made.run(request(tmp_path, seed=seed)).log.read_text()
                said.setdefault(seed, set()).add(log)
            made.close()
    assert [len(said[seed]) for seed in (1, 2)] == [1, 1]
    (one,), (two,) = said[1], said[2]
    assert one.split()[0] != two.split()[0]
    assert one.split()[1] != two.split()[1]
    assert one.split()[2:] == two.split()[2:]  # a generator with its own seed is data preparation


def test_seeds_the_script_sets_itself_get_the_runs_seed_added(executor, tmp_path):
    script(
        tmp_path, "import random\nimport numpy as np\nrandom.seed(40)\nnp.random.seed(40)\n" + textwrap.dedent(DRAWS)
    )
    asked = request(tmp_path, seed=2)
    drawn = executor.run(asked).log.read_text().split()[:2]
    code = "import random, numpy as np; random.seed(42); np.random.seed(42); print(random.random(), np.random.rand())"
    own = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split()
    assert drawn == own
    warnings = [event["text"] for event in events(tmp_path, asked) if event["event"] == "warning"]
    assert [text.split(":")[1].split()[0] for text in warnings] == ["3", "4"]
    assert all("the seed of each run was added" in text for text in warnings)


def test_seeds_the_script_sets_itself_stay_if_so_asked(executor, tmp_path):
    script(tmp_path, "import random\nrandom.seed(40)\n" + textwrap.dedent(DRAWS))
    said = [executor.run(request(tmp_path, seed=seed, override_seeds=False)).log.read_text() for seed in (1, 2)]
    assert said[0].split()[0] == said[1].split()[0]


def test_two_runs_at_once_do_not_disturb_each_other(executor, tmp_path):
    results = {}

    def work(number):
        folder = tmp_path / str(number)
        script(folder, f"import time, os\ntime.sleep(0.5)\nprint({number})\n" + ("os._exit(4)" if number % 2 else ""))
        results[number] = executor.run(request(folder))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [results[number].end for number in range(4)] == [RunEnd.FINISHED, RunEnd.CRASHED] * 2
    assert results[2].log.read_text() == "2\n"
    assert time.monotonic() - began < 20


def test_close_ends_the_runs_on_their_way(executor, tmp_path):
    script(tmp_path, "import time\nopen('started', 'w')\ntime.sleep(600)\n")
    results = []
    thread = threading.Thread(target=lambda: results.append(executor.run(request(tmp_path))))
    thread.start()
    wait_for(lambda: (tmp_path / "program" / "started").exists())
    executor.close()
    thread.join(10)
    assert [(result.end, result.detail) for result in results] == [(RunEnd.KILLED, "was stopped by netmend")]
    assert tagged() == []


def test_a_program_that_kills_its_guard_is_given_up_and_leaves_nothing(executor, tmp_path):
    script(tmp_path, CHILDREN + "\n    os.kill(os.getppid(), 9)\n    time.sleep(600)\n")
    result = executor.run(request(tmp_path))
    assert result.end is RunEnd.KILLED
    assert "lost its guard process 3 times" in result.detail
    wait_for(lambda: tagged_runs() == [])
    pids = (tmp_path / "program" / "pids").read_text().split()
    wait_for(lambda: not any(map(alive, pids)))


def test_times_are_told_apart(executor, tmp_path):
    text = """
        import time
        end = time.process_time() + 0.5
        while time.process_time() < end: pass
        time.sleep(0.5)
        """
    script(tmp_path, text)
    result = executor.run(request(tmp_path))
    assert 1.0 <= result.seconds < 5.0
    assert 0.5 <= result.cpu_seconds < 1.0
    assert 0.0 < result.overhead_seconds < 5.0


def test_a_killed_driver_leaves_no_process(tmp_path):
    script(tmp_path, CHILDREN + "\n    time.sleep(600)")
    driver = """
        import sys, threading
        from pathlib import Path
        from netmend.training.executors import ForkExecutor, FreshExecutor
        from netmend.training.preload import Preload
        from netmend.training.runs import RunRequest
        folder = Path(sys.argv[1])
        for kind in (FreshExecutor, ForkExecutor):
            made = kind(Preload(("numpy",)))
            asked = RunRequest(folder / "program", "train.py", 1, folder / kind.__name__)
            threading.Thread(target=made.run, args=(asked,)).start()
        """
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(driver), tmp_path], env=environment)
    try:  # guard, program and 7 descendants under each executor, and the template
        wait_for(lambda: len(tagged()) >= 19)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    wait_for(lambda: tagged() == [])


def wait_for(condition, seconds=15.0):
    """Wait until something holds; fail if it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, tagged()
        time.sleep(0.05)
