"""The launcher beside a made-up framework and probe: what it does at which moment, and what it survives."""

import json
import shutil
import subprocess
import sys
import textwrap
import types
from pathlib import Path

import pytest

from netmend.training import channel
from netmend.training.probes import launch

PROBE = """
    def install(job, emit, save):
        emit({"event": "installed", "seed": job["seed"], "anything": job["anything"]})
        def finish():
            emit({"event": "finished", "sha256": save("predictions", y=[1.0, 2.0])})
        return finish
    """

TORCH = """
    seeds = []
    def manual_seed(seed): seeds.append(seed)
    def set_num_threads(number): raise RuntimeError("called")
    set_num_interop_threads = set_num_threads
    class random: pass
    random.manual_seed = manual_seed
    """


class Launched:
    """One run of a script by a launcher that lies in a folder of its own."""

    def __init__(self, folder, script, probe=PROBE, beside=None, **job):
        tool, user, result = (folder / name for name in ("tool", "user", "result"))
        for place in (tool, user, result):
            place.mkdir()
        for name in ("__init__.py", "launch.py", "lookups.py", "outcome.py", "seeding.py"):
            shutil.copy(Path(launch.__file__).parent / name, tool / name)
        for name, text in {"torch_probe.py": probe, **(beside or {})}.items():
            (tool / name).parent.mkdir(exist_ok=True)
            (tool / name).write_text(textwrap.dedent(text))
        (user / "torch.py").write_text(textwrap.dedent(TORCH))
        (user / "train.py").write_text(textwrap.dedent(script))
        job = {
            "folder": str(user),
            "script": "train.py",
            "arguments": [],
            "seed": 7,
            "result": str(result),
            "nonce": "abc",
            "anything": "else",
            **job,
        }
        order = folder / "job.json"
        order.write_text(json.dumps(job))
        self.process = subprocess.run([sys.executable, tool / "launch.py", order], capture_output=True, text=True)
        self.order_is_gone = not order.exists()
        self.result = result
        self.channel = channel.events(result, "abc")

    def kinds(self):
        return [event["event"] for event in self.channel.events]


def test_a_probe_is_installed_right_after_the_import_and_finished_before_the_end(tmp_path):
    run = Launched(tmp_path, "import torch\nprint(torch.seeds)\n")
    assert run.process.stdout == "[7]\n", run.process.stderr
    assert run.kinds() == ["start", "installed", "finished", "end"]
    assert run.channel.damage is None
    assert run.channel.events[1] == {"event": "installed", "seed": 7, "anything": "else"}
    assert run.order_is_gone


def test_saved_arrays_can_be_read_back_and_checked(tmp_path):
    import hashlib

    import numpy as np

    run = Launched(tmp_path, "import torch\n")
    file = run.result / "predictions.npz"
    assert np.load(file)["y"].tolist() == [1.0, 2.0]
    assert run.channel.events[2]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_without_the_framework_nothing_is_probed(tmp_path):
    run = Launched(tmp_path, "import importlib.util\nprint(importlib.util.find_spec('torch') is not None)\n")
    assert (run.process.stdout, run.kinds()) == ("True\n", ["start", "end"])


def test_being_asked_whether_it_is_there_does_not_hide_a_later_import(tmp_path):
    run = Launched(tmp_path, "import importlib.util\nimportlib.util.find_spec('torch')\nimport torch\n")
    assert run.kinds() == ["start", "installed", "finished", "end"]


@pytest.mark.parametrize(
    ("probe", "where"),
    [
        ("raise ValueError('at import')", "installing the probe for torch"),
        ("def install(job, emit, save): raise ValueError('at install')", "installing the probe for torch"),
        ("def install(job, emit, save): return lambda: 1 / 0", "finishing the probe for torch"),
    ],
)
def test_a_probe_that_fails_does_not_disturb_the_program(tmp_path, probe, where):
    run = Launched(tmp_path, "import torch\nprint('trained')\n", probe)
    assert (run.process.returncode, run.process.stdout) == (0, "trained\n")
    assert run.kinds() == ["start", "probe-error", "end"]
    assert run.channel.events[1]["where"] == where


def test_files_beside_the_launcher_import_each_other_and_no_import_of_the_script_meets_them(tmp_path):
    probe = """
        from .counting import numbers
        from .counting.odd import odd
        def install(job, emit, save):
            emit({"event": "counted", "values": [*numbers, *odd]})
            return lambda: None
        """
    beside = {"counting/__init__.py": "numbers = [1, 2, 3]", "counting/odd.py": "from ..units import one\nodd = [one]"}
    script = """
        import torch, sys
        for name in ("counting", "units", "torch_probe", "outcome", "launch"):
            try:
                __import__(name)
            except ImportError:
                print(name)
        """
    run = Launched(tmp_path, textwrap.dedent(script), probe, {**beside, "units.py": "one = 1"})
    assert run.process.stdout.split() == ["counting", "units", "torch_probe", "outcome", "launch"]
    assert run.kinds() == ["start", "counted", "end"]
    assert run.channel.events[1]["values"] == [1, 2, 3, 1]


@pytest.mark.parametrize("ending", ["raise ValueError", "import sys; sys.exit(2)"])
def test_a_probe_is_not_finished_when_the_program_failed(tmp_path, ending):
    assert Launched(tmp_path, f"import torch\n{ending}\n").kinds() == ["start", "installed", "end"]


def test_numbers_of_a_framework_and_non_finite_ones_can_be_told(tmp_path):
    probe = """
        class Scalar:
            def item(self): return 0.5
        def install(job, emit, save):
            emit({"event": "numbers", "values": [Scalar(), float("nan"), float("-inf")]})
            return lambda: None
        """
    values = Launched(tmp_path, "import torch\n", probe).channel.events[1]["values"]
    assert [str(value) for value in values] == ["0.5", "nan", "-inf"]


def test_a_forked_worker_of_the_script_tells_nothing(tmp_path):
    probe = """
        import os
        def install(job, emit, save):
            if os.fork() == 0:
                emit({"event": "from a worker"})
                os._exit(0)
            os.wait()
            return lambda: None
        """
    assert Launched(tmp_path, "import torch\n", probe).kinds() == ["start", "end"]


def test_a_script_keeps_to_one_thread_and_is_told_so_once(tmp_path):
    run = Launched(tmp_path, "import torch\nfor _ in range(3):\n    torch.set_num_threads(4)\n")
    told = [event["text"] for event in run.channel.events if event["event"] == "warning"]
    assert told == ["train.py:3 calls torch.set_num_threads: ignored, every run keeps to one thread."]


BACKENDS = [
    ({}, None, ["torch"], "torch"),
    ({}, None, ["jax"], "jax"),
    ({}, None, ["torch", "jax"], "torch"),
    ({}, None, ["torch", "tensorflow"], None),
    ({}, None, [], None),
    ({}, "tensorflow", ["torch"], "torch"),
    ({}, "jax", ["torch", "jax"], None),
    ({"KERAS_BACKEND": "jax"}, None, ["torch", "jax"], None),
]


@pytest.mark.parametrize(("environment", "configured", "installed", "chosen"), BACKENDS)
def test_a_keras_backend_is_chosen_only_if_the_default_one_is_missing(
    tmp_path, monkeypatch, environment, configured, installed, chosen
):
    for name in ("KERAS_BACKEND", "KERAS_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if configured:
        (tmp_path / "keras.json").write_text(json.dumps({"backend": configured}))
    monkeypatch.delitem(sys.modules, "keras.src", raising=False)
    monkeypatch.setattr(launch, "_available", lambda name: name in installed)
    notes = launch.choose_keras_backend()
    assert launch.os.environ.get("KERAS_BACKEND") == (chosen or environment.get("KERAS_BACKEND"))
    assert bool(notes) == (chosen is not None)
    if chosen:
        assert notes == [f"KERAS_BACKEND is not set and TensorFlow is not installed: Keras ran on {chosen}."]
        monkeypatch.delenv("KERAS_BACKEND")


USED = {
    "a JAX backend": ("jax._src.xla_bridge", {"_backends": {"cpu": object()}}),
    "a CUDA device": ("torch.cuda", {"is_initialized": lambda: True}),
    "a TensorFlow device": (
        "tensorflow.python.eager.context",
        {"_context": types.SimpleNamespace(_context_handle=object())},
    ),
}

UNUSED = {
    "jax._src.xla_bridge": {"_backends": {}},
    "torch.cuda": {"is_initialized": lambda: False},
    "tensorflow.python.eager.context": {"_context": None},
}


@pytest.mark.parametrize("what", USED)
def test_a_framework_that_has_touched_a_device_is_not_forked(monkeypatch, what):
    monkeypatch.setattr(launch.os, "scandir", lambda path: iter([path]))  # one thread, whatever this process has
    for name, values in UNUSED.items():
        monkeypatch.setitem(sys.modules, name, types.SimpleNamespace(**values))
    assert launch.cannot_be_forked() == ""
    name, values = USED[what]
    monkeypatch.setitem(sys.modules, name, types.SimpleNamespace(**values))
    assert launch.cannot_be_forked().endswith(what)
