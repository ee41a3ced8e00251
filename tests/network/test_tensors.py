"""Networks are evaluated by torch where it is installed, and answer alike where it is not."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from netmend.network.evaluate import run
from netmend.network.tensors import Tensor, functional, torch

pytest.importorskip("onnxruntime")
pytest.importorskip("ai_edge_litert")


def test_torch_is_taken_where_it_is_installed():
    installed = importlib.util.find_spec("torch") is not None
    assert (torch.__class__.__name__ == "module") == installed
    assert isinstance(torch.zeros((2,)), Tensor)
    assert Tensor.__module__ == ("torch" if installed else "netmend.network.without_torch.tensor")
    assert functional is torch.nn.functional


CONFORMANCE = Path(__file__).parents[1] / "conformance"
# What a process without torch makes of every case of an operator, in both types, is written to a file.
EVALUATED = """
import sys
sys.modules["torch"] = None
sys.path.insert(0, {folder!r})
import test_tensors
test_tensors.write({name!r}, {path!r})
"""


def cases(name):
    """Every case of a conformance test: a graph of one operator, and what to feed it."""
    spec = importlib.util.spec_from_file_location(name, CONFORMANCE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if name == "test_ops":
        return [(module.graph_of(case), module.feeds(case)[1]) for case in module.CASES]
    stored = [(case, None) for case in module.CASES] + [module.stored(case) for case in module.QUANTISED]
    networks = [module.network(*each) for each in stored]
    return [(made.graph, feeds) for made, feeds in networks]


def answers(name):
    """Every output in both types, by case."""
    found = {}
    for place, (graph, feeds) in enumerate(cases(name)):
        for kind in ("float64", "float32"):
            for output, value in run(graph, feeds, getattr(torch, kind)).items():
                found[f"{place} {graph.nodes[0].op} {kind} {output}"] = value
    return found


def write(name, path):
    assert "torch" in sys.modules
    assert sys.modules["torch"] is None
    np.savez(path, **answers(name))


@pytest.mark.parametrize("name", ["test_ops", "test_tflite_ops"])
@pytest.mark.torch
def test_every_operator_answers_alike_with_torch_and_without(name, tmp_path):
    pytest.importorskip("torch")
    path = tmp_path / "answers.npz"
    code = EVALUATED.format(folder=str(Path(__file__).parent), name=name, path=str(path))
    subprocess.run([sys.executable, "-c", code], check=True)
    ours, theirs = np.load(path), answers(name)
    assert set(ours) == set(theirs)
    for key, right in theirs.items():
        value = ours[key]
        assert (value.dtype, value.shape) == (right.dtype, right.shape), key
        unit = 2.0**-53 if right.dtype == np.float64 else 2.0**-24
        # The cases sum up to some hundred numbers that are about one.
        allowed = (
            64 * unit * max(1.0, np.abs(right, where=np.isfinite(right), out=np.zeros(right.shape)).max(initial=0))
        )
        np.testing.assert_allclose(value.astype(float), right.astype(float), rtol=0, atol=allowed, err_msg=key)
