"""Files of a source and a target, and inputs beside them."""

import numpy as np
import pytest

from tests.repairs.conversion.networks import graph_of, rows, write


@pytest.fixture
def pair_of(tmp_path):
    """Write both and inputs; the target is the same network under other names where none is given."""

    def make(target=None, source=None, many=12):
        write(tmp_path / "source.onnx", source or graph_of())
        write(tmp_path / "target.onnx", target or graph_of(prefix="t_"))
        np.savez(tmp_path / "x.npz", x=rows(many))
        return tmp_path / "source.onnx", tmp_path / "target.onnx"

    return make
