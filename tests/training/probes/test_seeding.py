import random
import types

import pytest

from netmend.training.probes.seeding import Seeding

SCRIPT = "/somewhere/train.py"


@pytest.fixture
def python_random(monkeypatch):
    state = random.getstate()
    monkeypatch.setattr(random, "seed", random.seed)
    yield random
    random.setstate(state)


def run_as_script(text, script=SCRIPT, **names):
    exec(compile(text, script, "exec"), names)
    return names


@pytest.mark.parametrize(
    ("call", "expected"),
    [("seed(40)", 47), ("seed(2**32 - 1)", 6), ("seed()", 7), ("seed('text')", 7), ("seed(a=1)", 8)],
)
def test_a_seed_of_the_script_gets_the_runs_seed_added(python_random, call, expected):
    Seeding(7, "/somewhere", True, lambda text: None)
    drawn = run_as_script(f"from random import random, {call[:4]}\n{call}\nx = random()")["x"]
    assert drawn == random.Random(expected).random()


def test_a_library_that_seeds_is_left_alone(python_random):
    told = []
    Seeding(7, "/somewhere", True, told.append)
    random.seed(40)
    assert random.random() == random.Random(40).random()
    assert told == []


def test_each_place_is_told_once(python_random):
    told = []
    Seeding(7, "/somewhere", True, told.append)
    run_as_script("import random\nfor _ in range(3):\n    random.seed(1)\nrandom.seed(1)\n")
    run_as_script("import random\nrandom.seed(1)\n", "/somewhere/book.ipynb.py")
    assert [text.split()[0] for text in told] == ["train.py:3", "train.py:4", "book.ipynb:2"]


def test_tensorflow_is_seeded_and_noticed(python_random, monkeypatch):
    import sys

    seeds, told = [], []
    tensorflow = types.SimpleNamespace(random=types.SimpleNamespace(set_seed=seeds.append))
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
    seeding = Seeding(7, "/somewhere", True, told.append)
    seeding.imported("tensorflow")
    run_as_script("tf.random.set_seed(3)", tf=tensorflow)
    assert seeds == [7, 10]
    assert told == ["train.py:1 sets the seed itself with tensorflow.random.set_seed: the seed of each run was added."]
