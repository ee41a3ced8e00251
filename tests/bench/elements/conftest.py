"""A small corpus of models that never were."""

import pytest

from netmend.corpus.records import Example, write
from netmend.program.sequence.read import Sequence, Token


def _example(number, share):
    output, loss = (("sigmoid", "binary_crossentropy"), ("softmax", "categorical_crossentropy"))[number % 2]
    tokens = (
        Token("layer", "Dense"),
        Token("units", "1" if output == "sigmoid" else "10"),
        Token("activation", output),
        Token("optimiser", "adam" if number % 3 else "other"),
        Token("learning-rate", "0.001", given=False),
        Token("loss", loss),
        Token("epochs", ("10", "20", "50")[number % 3]),
    )
    roles = ("output",) * 3 + ("",) * 4
    sequence = Sequence("keras", tokens, roles)
    return Example(f"o{number}/r", "c", "MIT", f"family {number}", "0", sequence, share)


@pytest.fixture
def corpus(tmp_path):
    """A corpus file: 24 models for training, 6 for validation."""
    path = tmp_path / "corpus.jsonl"
    write([_example(n, "train" if n < 24 else "validation") for n in range(30)], path)
    return path
