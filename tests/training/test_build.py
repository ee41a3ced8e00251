"""Which patched variants build: asked of programs with stand-ins for a framework, and of real ones beside real runs."""

import contextlib
import importlib.util
import os
import re
import shutil
import textwrap
import time

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.elements._find import change, find_all, values_of
from netmend.program.source import Program, SourceFile
from netmend.training import build, channel
from netmend.training.build import Builds, check, shared
from netmend.training.executors import ForkExecutor, FreshExecutor
from netmend.training.preload import Preload, preload_of
from netmend.training.runs import Limits, RunRequest
from netmend.training.trace import RunEnd
from netmend.training.workspace import digest, private_copy

QUICK = Limits(seconds=30, memory=2**31, output=2**20, file_size=2**20)

TORCH = {
    "torch/__init__.py": "from torch import random\nfrom torch import optim\n"
    "manual_seed = lambda seed: None\nset_num_threads = set_num_interop_threads = manual_seed\n",
    "torch/random.py": "manual_seed = lambda seed: None\n",
    "torch/optim/__init__.py": "from torch.optim import optimizer\n",
    "torch/optim/optimizer.py": "def register_optimizer_step_pre_hook(made):\n    global hook\n    hook = made\n",
}

SCRIPT = """
    import os
    import torch
    with open("loads", "a") as file:
        file.write("x")
    units = 1
    if units > 3:
        raise ValueError("shapes do not fit")
    with open("seen", "w") as file:
        file.write(str(os.listdir(".")))
    torch.optim.optimizer.hook(None, (None,), {})
    with open("updated", "w") as file:
        file.write("x")
    """


@pytest.fixture(params=["fresh", "fork"])
def executor(request):
    made = {"fresh": FreshExecutor, "fork": ForkExecutor}[request.param](Preload())
    yield made
    made.close()


def program(folder, text=SCRIPT, name="train.py", **others):
    """A program in the user's folder, beside a module that stands in for PyTorch."""
    user = folder / "user"
    user.mkdir()
    (user / name).write_text(textwrap.dedent(text))
    for other, content in others.items():
        (user / f"{other}.py").write_text(textwrap.dedent(content))
    for path, content in TORCH.items():
        (folder / "packages" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "packages" / path).write_text(content)
    return Program.read(user / name)


def patched(program, *replacements, file=None):
    """The program with texts replaced in one of its files."""
    files = list(program.files)
    at = next((n for n, each in enumerate(files) if each.name == file), 0)
    raw = files[at].raw.decode()
    for old, new in replacements:
        assert old in raw
        raw = raw.replace(old, new)
    files[at] = SourceFile.from_bytes(files[at].name, raw.encode())
    return Program(program.folder, tuple(files))


def ask(executor, folder, program, variants, seconds=20.0, name="asked"):
    """The answers, the request, and what the driver told."""
    copy = folder / name / "copy"
    private_copy(program.folder, copy)
    script = program.main.name
    if script.endswith(".ipynb"):
        script += ".py"
        (copy / script).write_text(program.main.text)
    environment = {"PYTHONPATH": str(folder / "packages")} if (folder / "packages").exists() else {}
    request = RunRequest(
        folder=copy, script=script, seed=3, result=folder / name / "result", limits=QUICK, environment=environment,
        variant_seconds=seconds,
    )  # fmt: skip
    return check(executor, request, program, variants), request


def builds(answers):
    return [answer.builds for answer in answers]


def test_each_variant_has_its_own_answer_and_the_shared_statements_run_once(executor, tmp_path):
    made = program(tmp_path)
    variants = [
        patched(made, ("units = 1", "units = 2")),
        patched(made, ("units = 1", "units = 4")),
        patched(made, ("units = 1", "import no_such_package")),
        patched(made, ("units = 1", "import time; time.sleep(600)")),
        patched(made, ("units = 1", "units = 1; torch.optim.optimizer.hook = print")),
        patched(made, ("units = 1", "os._exit(7)")),
        patched(made, ("units = 1", "raise SystemExit('no data')")),
    ]
    before, began = digest(made.folder), time.monotonic()
    answers, request = ask(executor, tmp_path, made, variants, seconds=2.0)
    assert builds(answers) == [
        Builds.YES, Builds.NO, Builds.NO, Builds.UNKNOWN, Builds.UNKNOWN, Builds.UNKNOWN, Builds.NO,
    ]  # fmt: skip
    assert time.monotonic() - began < 25
    assert answers[0].detail == ""
    assert answers[1].detail == "ValueError: shapes do not fit (train.py:8)"
    assert answers[2].detail.startswith("ModuleNotFoundError: No module named 'no_such_package' (train.py:6)")
    assert answers[3].detail == "did not end within 2 s"
    assert answers[4].detail == "it ran to its end without an update"
    assert answers[6].detail.startswith("ended itself by sys.exit('no data') (train.py:6)")
    assert (request.folder / "loads").read_text() == "x", "data were loaded once"
    assert not (request.folder / "seen").exists(), "what a variant wrote went with it"
    assert not (request.folder / "updated").exists()
    assert digest(made.folder) == before, "the user's folder is as it was"


def test_an_exit_of_another_kind_or_a_signal_is_not_a_no(executor, tmp_path):
    made = program(tmp_path)
    answers, _ = ask(executor, tmp_path, made, [patched(made, ("units = 1", "os.abort()"))])
    assert (answers[0].builds, answers[0].detail) == (Builds.UNKNOWN, "died of signal 6 (SIGABRT)")


def test_variants_do_not_see_each_other_s_files_threads_or_reading_positions(executor, tmp_path):
    text = """
        import os, threading, time
        import torch
        here = os.path.dirname(os.path.abspath(__file__))
        data = open(os.path.join(here, "data.txt"))
        first = data.readline()
        number = 0
        assert os.path.isdir(here) and sorted(os.listdir(here)) == ["data.txt", "train.py"], os.listdir(here)
        with open(os.path.join(here, f"left-{number}"), "w") as file:
            file.write("x")
        os.remove("data.txt")
        threading.Thread(target=time.sleep, args=(600,)).start()
        assert os.read(data.fileno(), 10) == b""
        assert data.read() == "second\\n"
        torch.optim.optimizer.hook(None, (None,), {})
        """
    made = program(tmp_path, text)
    (made.folder / "data.txt").write_text("first\nsecond\n")
    variants = [patched(made, ("number = 0", f"number = {number}")) for number in (1, 2, 3)]
    variants.append(patched(made, ("number = 0", "number = 1; data.seek(0)"), ("os.read(data.fileno(), 10)", 'b""')))
    answers, _ = ask(executor, tmp_path, made, variants)
    assert [answer.detail for answer in answers[:3]] == ["", "", ""]
    assert answers[3].builds is Builds.NO, "it read from the beginning itself"


def test_what_the_shared_statements_do_not_share_with_a_fork_is_not_forked(executor, tmp_path):
    text = """
        import socket, threading, time
        import torch
        with open("loads", "a") as file:
            file.write("x")
        LEAVES
        units = 1
        assert units < 3
        torch.optim.optimizer.hook(None, (None,), {})
        """
    leaves = ["pair = socket.socketpair()", "file = open('written', 'w')"]
    leaves.append("threading.Thread(target=time.sleep, args=(600,), daemon=True).start()")
    for number, left in enumerate(leaves):
        folder = tmp_path / str(number)
        folder.mkdir()
        made = program(folder, text.replace("LEAVES", left))
        variants = [patched(made, ("units = 1", f"units = {value}")) for value in (2, 5)]
        variants.append(patched(made, ("import socket", "import json, socket")))
        answers, request = ask(executor, folder, made, variants)
        assert builds(answers) == [Builds.YES, Builds.NO, Builds.YES], left
        assert (request.folder / "loads").read_text() == "x", "a second attempt begins with an untouched folder"
        assert len(list(request.result.iterdir())) == 2, "one attempt found out what may be shared"


def test_an_interpreter_that_cannot_be_forked_at_all_knows_nothing(tmp_path):
    made = program(tmp_path, threads="import threading, time\n"
                   "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n")  # fmt: skip
    shutil.copy(made.folder / "threads.py", tmp_path / "packages" / "threads.py")
    executor = FreshExecutor(Preload(("threads",)))
    answers, _ = ask(executor, tmp_path, made, [patched(made, ("units = 1", "units = 2"))])
    assert answers[0].builds is Builds.UNKNOWN
    assert answers[0].detail == "what it shares with the program: importing started 1 threads"


def test_nothing_is_written_through_a_link(executor, tmp_path):
    made = program(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (made.folder / "train.py").rename(elsewhere / "real.py")
    (made.folder / "train.py").symlink_to(elsewhere / "real.py")
    before = digest(elsewhere)
    answers, _ = ask(executor, tmp_path, made, [patched(made, ("units = 1", f"units = {value}")) for value in (2, 7)])
    assert builds(answers) == [Builds.YES, Builds.NO]
    assert digest(elsewhere) == before


def test_where_forking_is_not_known_to_work_nothing_is_known(executor, tmp_path, monkeypatch):
    monkeypatch.setattr(build, "can_fork", lambda: False)
    made = program(tmp_path)
    answers, request = ask(executor, tmp_path, made, [made])
    assert answers[0].builds is Builds.UNKNOWN and "forking" in answers[0].detail
    assert not request.result.exists()


def test_a_variant_that_differs_only_after_the_first_update_builds_as_the_program_does(executor, tmp_path):
    made = program(tmp_path)
    answers, request = ask(executor, tmp_path, made, [patched(made, ('open("updated"', 'open("renamed"'))])
    assert (answers[0].builds, answers[0].log) == (Builds.YES, None)
    assert not (request.folder / "updated").exists()


def test_what_fails_or_hangs_before_the_variants_begin_is_unknown(executor, tmp_path):
    made = program(tmp_path, SCRIPT.replace("units = 1", "open('no such file')\n    units = 1"))
    answers, _ = ask(executor, tmp_path, made, [patched(made, ("units = 1", "units = 2"))])
    assert answers[0].builds is Builds.UNKNOWN
    assert "what it shares with the program: FileNotFoundError" in answers[0].detail


def test_time_is_shared_out_among_all_that_were_asked(executor, tmp_path):
    text = SCRIPT.replace("units = 1", "import time\n    time.sleep(0.6)\n    units = 1")
    made = program(tmp_path, text)
    variants = [patched(made, ("units = 1", f"units = {value}")) for value in (2, 3, 4)]
    began = time.monotonic()
    answers, _ = ask(executor, tmp_path, made, variants)
    took = time.monotonic() - began
    total = sum(answer.seconds for answer in answers)
    assert 0.6 < total < took
    assert total > 0.6 + sum(answer.own_seconds for answer in answers) - 0.01


def test_main_guards_functions_and_local_modules(executor, tmp_path):
    text = """
        from __future__ import annotations
        import torch
        from model import units
        def fit(rows: Rows):
            if units() + rows > 3:
                raise ValueError("shapes do not fit")
            torch.optim.optimizer.hook(None, (None,), {})
        def main():
            fit(2)
        if __name__ == "__main__":
            main()
        """
    made = program(tmp_path, text, model="def units():\n    return 1\n")
    assert [file.name for file in made.files] == ["train.py", "model.py"]
    variants = [
        patched(made, ("fit(2)", "fit(1)")),
        patched(made, ("fit(2)", "fit(3)")),
        patched(made, ("return 1", "return 0"), file="model.py"),
        patched(made, ("return 1", "return 9"), file="model.py"),
    ]
    answers, _ = ask(executor, tmp_path, made, variants)
    assert builds(answers) == [Builds.YES, Builds.NO, Builds.YES, Builds.NO]
    assert answers[1].detail == "ValueError: shapes do not fit (train.py:7)"


def test_a_notebook_is_asked_about_as_the_script_it_makes(executor, tmp_path):
    cells = ["import torch", "units = 1", "assert units < 3\\ntorch.optim.optimizer.hook(None, (None,), {})"]
    lines = ", ".join(
        f'{{"cell_type": "code", "source": "{cell}", "metadata": {{}}, "outputs": [], "execution_count": null}}'
        for cell in cells
    )
    text = f'{{"cells": [{lines}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}'
    made = program(tmp_path, text, "train.ipynb")
    variants = [patched(made, ("units = 1", f"units = {value}")) for value in (2, 7)]
    answers, _ = ask(executor, tmp_path, made, variants)
    assert builds(answers) == [Builds.YES, Builds.NO]


# --- what is shared -------------------------------------------------------------------------------------------------

LAZY = """
def f(): return 1
def g(): return f()
class Net(Base):
    "A net."
    def __call__(self): return 2
x = load()
y = g()
z = Net()
"""


@pytest.mark.parametrize(
    ("old", "new", "first", "again"),
    [
        ("load()", "load(1)", 3, ()),
        ("return 1", "return 3", 4, (0, 1)),  # f and what calls it wait until after the data
        ("return 2", "return 3", 5, (2,)),
        ("def f():", "@cached\ndef f():", 0, ()),  # a decorator may do anything
        ("def f():", "def f(a=load()):", 0, ()),
        ("return f()", "return globals()['f']()", 4, (1,)),
        ("x = load()", "x = load()\nw = 1", 4, ()),
        ("z = Net()", "z = Net()\nw = 1", 6, ()),
        ("class Net(Base):", "class Net(made()):", 2, ()),
        ("def f(): return 1", "def h(): return 1", 0, ()),
    ],
)
def test_definitions_that_differ_are_made_again_unless_something_shared_mentions_them(old, new, first, again):
    one, other = Program.from_text(LAZY), Program.from_text(LAZY.replace(old, new))
    assert shared(one, other) == (first, again)


def test_a_statement_that_may_look_names_up_by_itself_does_not_wait_for_definitions():
    text = LAZY.replace("x = load()", "x = globals()['f']()")
    assert shared(Program.from_text(text), Program.from_text(text.replace("return 1", "return 3"))) == (3, (0, 1))


def test_an_equal_program_shares_everything_but_spelling():
    assert shared(Program.from_text(LAZY), Program.from_text(f"# a comment\n{LAZY}")) == (6, ())


def test_a_module_that_differs_is_shared_by_nothing_that_imports_it():
    text = "import json\nfrom data import load\nfrom model import build\nbuild(load())\n"
    one = Program.from_text(text)
    assert shared(one, one, frozenset({"model"})) == (2, ())
    assert shared(one, one, frozenset({"data", "model"})) == (1, ())
    assert shared(one, one) == (4, ())


# --- beside real runs -----------------------------------------------------------------------------------------------

KERAS = """
    import numpy as np
    import keras
    from keras import layers

    rng = np.random.default_rng(0)
    x = rng.random((64, 8)).astype("float32")
    y = (x.sum(1) > 4).astype("float32")
    model = keras.Sequential([
        keras.Input((8,)),
        layers.Dense(6, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(1, activation="sigmoid"),
    ])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=16, epochs=1, verbose=0)
    """

PYTORCH = """
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    made = torch.Generator().manual_seed(0)
    x = torch.rand(64, 8, generator=made)
    y = (x.sum(dim=1) * 0.49).long()

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = nn.Linear(8, 6)
            self.out = nn.Linear(6, 4)

        def forward(self, x):
            return self.out(torch.relu(self.hidden(x)))

    def train():
        model = Net()
        criterion = nn.CrossEntropyLoss()
        optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
        for epoch in range(1):
            for batch, labels in DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True):
                optimiser.zero_grad()
                loss = criterion(model(batch), labels)
                loss.backward()
                optimiser.step()

    if __name__ == "__main__":
        train()
    """


def single_changes(made, most):
    """Programs that differ in one element, set to at most so many of the values that may stand there; of losses all."""
    for element in find_all(made):
        for value in values_of(element)[: None if element.kind == "loss" else most]:
            with contextlib.suppress(Unchangeable):
                if edits := change(made, element, value):
                    yield f"{element.label} -> {value}", made.patched(edits)


@pytest.mark.parametrize("most", [1, pytest.param(None, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(KERAS, marks=[pytest.mark.keras, pytest.mark.torch], id="keras on torch"),
        pytest.param(PYTORCH, marks=pytest.mark.torch, id="torch"),
    ],
)
def test_the_answers_agree_with_real_runs_of_single_changes(tmp_path, monkeypatch, text, most):
    for name in ("keras", "torch"):
        if re.search(rf"import {name}\b", text) and importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "user").mkdir()
    (tmp_path / "user" / "train.py").write_text(textwrap.dedent(text))
    made = Program.read(tmp_path / "user" / "train.py")
    before = digest(made.folder)
    names, variants = zip(*single_changes(made, most), strict=True)
    executor = ForkExecutor(preload_of(made, os.environ))
    answers, request = ask(executor, tmp_path, made, variants)
    assert digest(made.folder) == before
    told = [channel.events(each.parent, request.nonce).events for each in request.result.rglob("events.jsonl")]
    assert not [event for events in told for event in events if event["event"] in ("epoch", "model", "training")]
    wrong, failed = [], 0
    for number, (name, variant, answer) in enumerate(zip(names, variants, answers, strict=True)):
        copy = tmp_path / "runs" / str(number)
        private_copy(made.folder, copy)
        (copy / "train.py").write_bytes(variant.main.raw)
        run = executor.run(RunRequest(folder=copy, script="train.py", seed=3, result=tmp_path / "result"))
        crashed = run.end is RunEnd.CRASHED and (run.trace is None or run.trace.updates == 0)
        failed += crashed
        if answer.builds is not (Builds.NO if crashed else Builds.YES) or (crashed and answer.detail != run.detail):
            wrong.append(f"{name}: {answer.builds} {answer.detail}, but {run.end} {run.detail}")
    executor.close()
    assert wrong == []
    assert 0 < failed < len(variants), "the programs have changes of both sorts"
