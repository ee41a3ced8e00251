"""Damaged numbers are found, where the source has folded what the target has behind its layer too."""

import numpy as np
import pytest

from netmend.repairs.conversion.explain import explain
from netmend.repairs.conversion.faults._isolation import isolated
from tests.repairs.conversion.networks import NODES, constants, graph_of, rows

NORMALISED = [
    ("Conv", ["x", "w0", "b0"], ["c"], {"pads": [1, 1, 1, 1]}),
    ("BatchNormalization", ["c", "scale", "shift", "mean", "var"], ["n"], {"epsilon": 1e-5}),
    *[("GlobalAveragePool", ["n"], ["g"], {}), *NODES[8:]],
]


def _folded():
    held = constants()
    factor = held["scale"] / np.sqrt(held["var"] + 1e-5)
    held["b0"] = ((held["b0"] - held["mean"]) * factor + held["shift"]).astype(np.float32)
    held["w0"] = (held["w0"] * factor[:, None, None, None]).astype(np.float32)
    nodes = [("Conv", ["x", "w0", "b0"], ["n"], {"pads": [1, 1, 1, 1]}), *NORMALISED[2:]]
    return graph_of(nodes, held)


@pytest.mark.parametrize(("name", "node"), [("w0", "c"), ("scale", "n"), ("shift", "n"), ("mean", "n"), ("var", "n")])
def test_in_one_layer_where_the_source_has_folded_its_normalisation(name, node):
    held = constants()
    damaged = held[name].copy()
    damaged.reshape(-1)[1:3] *= np.float32(1.7)
    target = graph_of(NORMALISED, held | {name: damaged})
    answer = explain(isolated(_folded(), target, {"x": rows()}))
    (cause,) = answer.causes
    (edit,) = cause.hypothesis.edits
    assert (cause.name, cause.hypothesis.node) == ("corrupted-weights", node)
    if name not in ("mean", "var"):  # the shift does for the one, the scale for the other
        np.testing.assert_allclose(edit.value, held[name], rtol=2e-3, atol=1e-5)
