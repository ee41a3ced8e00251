import json
import math
import subprocess
import sys

import numpy as np
import pytest

from bench.architecture.faults import seeded


@pytest.mark.parametrize(
    ("metric", "labels", "expected"),
    [
        ("accuracy", np.array([0, 1, 1, 1]), 0.75),
        ("accuracy", np.array([[0.0], [1.0], [1.0]]), 2 / 3),
        ("accuracy", np.eye(3)[[0, 1, 1, 2]], 0.5),
        ("accuracy", np.array([[0, 0, 0], [1, 0, 1], [0, 1, 0]]), 2 / 3),
        ("mae", np.array([1.0, 2.0, 6.0]), 5 / 3),
        ("mean_squared_error", np.array([0.0, 2.0]), 1.0),
    ],
)
def test_the_best_constant_answer(metric, labels, expected):
    assert seeded.trivial(metric, labels) == pytest.approx(expected)


def test_the_best_constant_direction_lies_between_two():
    assert seeded.trivial("angular", np.array([[0.0, 0.3], [0.0, -0.1]])) == pytest.approx(0.2)
    assert seeded.trivial("angular", np.array([[math.pi / 2, 0.0], [0.0, 0.0]])) == pytest.approx(math.pi / 4)


def test_a_metric_without_a_constant_answer_is_refused():
    with pytest.raises(ValueError, match="perplexity"):
        seeded.trivial("perplexity", np.zeros(3))


@pytest.mark.torch
def test_a_program_gives_the_same_value_under_the_same_seed(tmp_path):
    pytest.importorskip("torch")
    program = tmp_path / "train.py"
    program.write_text(
        "import torch\n"
        "y_test = torch.tensor([0, 1, 1])\n"
        'print("data: three")\n'
        'print(f"test accuracy {torch.rand(1).item()}")\n'
    )

    command = [sys.executable, seeded.__file__, program, "3", "3", "4"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    first, again, other = map(json.loads, printed.splitlines())
    assert first["value"] == again["value"] != other["value"]
    assert first["trivial"] == pytest.approx(2 / 3)
    assert first["data"] == "three"
    assert first["seconds"] >= 0
