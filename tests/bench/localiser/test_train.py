"""The model that is shipped is the one that the committed traces give."""

import hashlib
import json
from importlib.metadata import version

import pytest

from bench.localiser.collect import RESULTS
from bench.localiser.train import train
from netmend.repairs.program.learned.experience import SHIPPED


@pytest.fixture(scope="module")
def made_from():
    return json.loads(SHIPPED.read_text())["made from"]


def test_it_was_made_from_the_committed_traces(made_from):
    assert made_from["traces.csv (SHA-256)"] == hashlib.sha256(RESULTS.read_bytes()).hexdigest()


def test_training_again_gives_the_same_file(tmp_path, made_from):
    pytest.importorskip("sklearn")
    if version("scikit-learn") != made_from["scikit-learn"]:
        pytest.skip("another version of scikit-learn may grow other trees")
    train(tmp_path / "model.json")
    assert (tmp_path / "model.json").read_bytes() == SHIPPED.read_bytes()
