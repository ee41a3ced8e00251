"""Run a user's script as the user runs it, seeded and watched.

Standard library and Python 3.8 only, under the interpreter of the program under repair. It never imports netmend: what
lies beside it is loaded by path, as one package under a name of its own, in which files import each other relatively.
`python launch.py JOB.json` runs in a fresh interpreter; a forked template calls `run(job)`.

The script sees what `python script arguments` would show it: `sys.argv`, `sys.path[0]`, working directory,
`__name__`, `__file__`, exit status. What it did is told through `events.jsonl` in the result folder; the vocabulary
is described in `netmend.training.channel`. The job is a JSON object:

- `folder`, `script`, `arguments`, `seed`, `result`, `nonce`: what to run, and where to tell about it;
- `preload`: modules imported before the script starts, so that a fresh and a forked run begin in the same state;
- `override_seeds`: add `seed` to the seeds the script sets itself, without which all its runs would be the same;
- `variants`: many patched scripts instead of one, none of which is trained: see `variants.py`;
- `lanes`: many trainings of the script's Keras net in one JAX program, in place of its own: see `keras_lanes.py`;
- anything else is for the probes. With `detail` "build" the script ends at its first update, and no probe is installed.
"""

import atexit
import builtins
import contextlib
import hashlib
import importlib.machinery
import importlib.util
import json
import os
import sys
import threading
import time
import zlib
from pathlib import Path

VERSION = 1  # of the vocabulary of events
PROBES = {"keras": "keras_probe", "torch": "torch_probe"}
HERE = Path(__file__).absolute().parent
PACKAGE = "netmend_probes"  # this folder, under a name that no import of the script meets


def preload(names):
    """Import modules, choosing a Keras backend first, and what watches them; sentences for the user.

    What cannot be imported is passed over: the script's own import will say so, with its line.
    """
    notes = []
    for name in names:
        try:
            if name.split(".")[0] == "keras":
                notes += choose_keras_backend()
            importlib.import_module(name)
        except Exception:
            pass
    for name in ["outcome", "seeding", *(probe for module, probe in PROBES.items() if module in sys.modules)]:
        with contextlib.suppress(Exception):  # told where it is installed
            neighbour(name)
    return notes


def choose_keras_backend():
    """Let Keras use a backend that is there, if neither the user nor the script named one."""
    if os.environ.get("KERAS_BACKEND") or "keras.src" in sys.modules:
        return []
    try:
        home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
        wanted = json.loads((home / "keras.json").read_text()).get("backend", "tensorflow")
    except (OSError, RuntimeError, ValueError, AttributeError):
        wanted = "tensorflow"  # Keras' own default, which it also writes into the file without being asked
    if wanted != "tensorflow" or _available("tensorflow"):
        return []
    for backend in ("torch", "jax"):
        if _available(backend):
            os.environ["KERAS_BACKEND"] = backend
            return [f"KERAS_BACKEND is not set and TensorFlow is not installed: Keras ran on {backend}."]
    return []


def _available(name):
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def run(job, notes=()):
    """Run the job's script as the main module of this process, and end the process. Never returns.

    Args:
        job: see the module's docstring.
        notes: sentences about what was done before, to be told as warnings.
    """
    channel = Channel(job)
    channel.start()
    os.chdir(job["folder"])
    for note in [*notes, *preload(job.get("preload", ()))]:
        channel.warn(note)
    seeding = neighbour("seeding").Seeding(job["seed"], job["folder"], job.get("override_seeds", True), channel.warn)
    outcome = neighbour("outcome")
    watch = Watch(job, channel, seeding)
    path = _set_the_stage(job)
    began = time.monotonic()
    try:
        if "variants" in job:
            guard = load("netmend_guard", job["guard"])
            end = neighbour("variants").run(job, channel, sys.modules[__name__], guard)
        else:
            end = _execute(path, job["folder"])
    except BaseException as error:  # a fault of ours must not look like one of the program
        end = {"status": "exception", "type": "LauncherError", "message": outcome.text(error), "mro": []}
    seconds = time.monotonic() - began
    code = end.pop("exit", 1)
    if code == 0 and channel.is_ours():
        watch.finish()
    setup = None if channel.training_since is None else channel.training_since - began
    channel.emit(dict(end, event="end", seconds=seconds, code=code, setup_seconds=setup))
    if "variants" in job:
        os._exit(code)  # what the shared statements left to be done at exit is no part of any variant
    _leave(code)


def load(name, path):
    """A file as a module of that name, loaded once, which no import of the script can meet."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, str(path))
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def neighbour(name):
    """A file or a folder beside this file as a module of `PACKAGE`."""
    load(PACKAGE, HERE / "__init__.py")
    return importlib.import_module(PACKAGE + "." + name)


def _set_the_stage(job):
    """Make argv, path and main module those of `python script arguments`; the script's path."""
    path = Path(job["folder"], job["script"])
    sys.argv = [job["script"], *job.get("arguments", ())]
    sys.path[:] = [str(path.parent)] + [entry for entry in sys.path if Path(entry).absolute() != HERE]
    process = sys.modules.get("multiprocessing.process")
    if process is not None:  # remembered at its import, and handed to spawned children
        process.ORIGINAL_DIR = job["folder"]
    return str(path)


def main_module(path):
    """An empty module that the process takes for the script it was started with."""
    main = type(sys)("__main__")
    loader = importlib.machinery.SourceFileLoader("__main__", path)
    vars(main).update(__builtins__=builtins, __file__=path, __loader__=loader, __spec__=None, __package__=None)
    vars(main).update(__annotations__={}, __cached__=None)
    sys.modules["__main__"] = main
    return main


def _execute(path, folder):
    """Run the file as `__main__`; how it ended, as fields of the end event."""
    main = main_module(path)

    def script():
        exec(main.__loader__.source_to_code(main.__loader__.get_data(path), path), vars(main))
        join_threads()

    return neighbour("outcome").ended(script, folder)


def join_threads():
    """Wait for the script's threads, as the interpreter does at its end: one of them may be training."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()


def cannot_be_forked():
    """What this process did that makes a fork of it hang or crash; empty if nothing speaks against one."""
    threads = threading.active_count()
    with contextlib.suppress(OSError):
        threads = len(list(os.scandir("/proc/self/task")))
    if threads > 1:
        return f"started {threads - 1} threads"
    if getattr(sys.modules.get("jax._src.xla_bridge"), "_backends", None):
        return "started a JAX backend"
    cuda = sys.modules.get("torch.cuda")
    if cuda is not None and cuda.is_initialized():
        return "used a CUDA device"
    tensorflow = getattr(sys.modules.get("tensorflow.python.eager.context"), "_context", None)
    if getattr(tensorflow, "_context_handle", None):
        return "used a TensorFlow device"
    return ""


def _leave(code):
    """End the process as the interpreter would, without taking the framework apart: that may crash, and takes long."""
    for step in (threading._shutdown, atexit._run_exitfuncs):
        with contextlib.suppress(BaseException):
            step()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()
    os._exit(code)


class Channel:
    """The file that events are written to; only by the process that opened it, never raising.

    Attributes:
        training_since: when the first model in training was told of, by the monotonic clock; None before.
    """

    def __init__(self, job):
        self._seed = job["seed"]
        self._open(job["result"], job["nonce"])
        self.training_since = None

    def _open(self, folder, nonce):
        self._folder, self._nonce, self._pid = Path(folder), nonce, os.getpid()
        self._lock = threading.Lock()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._file = os.open(str(self._folder / "events.jsonl"), flags, 0o600)

    def move(self, folder, nonce):
        """Tell on elsewhere, from this process."""
        os.close(self._file)
        self._open(folder, nonce)
        self.start()

    def start(self):
        """The first event of every channel."""
        self.emit({"event": "start", "schema": VERSION, "python": sys.version.split()[0], "seed": self._seed})

    def is_ours(self):
        """Whether this is the process of the run, and not a worker that the script has forked."""
        return os.getpid() == self._pid

    def emit(self, event):
        """Append one event."""
        if not self.is_ours():
            return
        if event["event"] == "model" and self.training_since is None:
            self.training_since = time.monotonic()
        try:
            text = json.dumps(event, separators=(",", ":"), default=_plain)
            rest = f"{self._nonce} {text}".encode()
            with self._lock:
                os.write(self._file, b"%08x %s\n" % (zlib.crc32(rest), rest))
        except Exception:
            pass  # the reader will see a channel that is not whole

    def warn(self, text):
        """Tell the user one sentence."""
        self.emit({"event": "warning", "text": text})

    def save(self, name, **arrays):
        """Write arrays beside the events; the SHA-256 of the file."""
        import numpy

        path = self._folder / (name + ".npz")
        numpy.savez(path, **arrays)
        digest = hashlib.sha256()
        with open(path, "rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
        return digest.hexdigest()


def _plain(value):
    """A NumPy or framework scalar as a Python number; a text for anything else."""
    return value.item() if hasattr(value, "item") else str(value)


class Watch:
    """Seeds and probes a framework as soon as it has been imported, before the script's next line."""

    def __init__(self, job, channel, seeding):
        self._job, self._channel, self._seeding = job, channel, seeding
        self._waiting = set(seeding.modules)
        self._asked = None
        self._finish = []
        for name in seeding.modules:
            if name in sys.modules:
                self._imported(name)
        sys.meta_path.insert(0, self)

    def find_spec(self, name, path=None, target=None):
        """Have a module's own loader tell us when it is done; part of the import system.

        Being asked does not mean that the import follows: libraries ask in order to learn what is installed.
        """
        if name not in self._waiting or name == self._asked:
            return None
        self._asked = name
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._asked = None
        load = getattr(getattr(spec, "loader", None), "exec_module", None)
        if load is None:
            return spec

        def exec_module(module):
            if name == "keras":
                for note in choose_keras_backend():
                    self._channel.warn(note)
            load(module)
            self._imported(name)

        spec.loader.exec_module = exec_module
        return spec

    def _imported(self, name):
        if name not in self._waiting:
            return
        self._waiting.discard(name)
        try:
            self._seeding.imported(name)
            if name in PROBES and self._job.get("detail") == "build":
                neighbour("first_update").watch(name, self._channel.emit)
            elif "lanes" in self._job:
                self._install_lanes(name)
            elif name in PROBES:
                probe = neighbour(PROBES[name])
                finish = probe.install(self._job, self._channel.emit, self._channel.save)
                self._finish.append((name, finish))
        except Exception as error:
            self._fault(f"installing the probe for {name}", error)

    def _install_lanes(self, name):
        if name == "keras":
            given = self._job, self._channel.emit, self._channel.save
            self._finish.append((name, neighbour("keras_lanes").install(*given)))

    def finish(self):
        """Let the probes say their last."""
        for name, finish in reversed(self._finish):
            try:
                finish()
            except Exception as error:
                self._fault(f"finishing the probe for {name}", error)

    def _fault(self, where, error):
        text = f"{type(error).__name__}: {neighbour('outcome').text(error)}"
        self._channel.emit({"event": "probe-error", "where": where, "error": text})


if __name__ == "__main__":
    order = Path(sys.argv[1])
    text = order.read_text(encoding="utf-8")
    order.unlink()  # nothing in it is for the script
    run(json.loads(text))
