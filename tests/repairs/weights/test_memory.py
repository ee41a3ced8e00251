"""Estimates of memory grow with what they are about."""

import platform
import subprocess
import sys

import numpy as np
import pytest

from netmend.network.layers import linear_layers
from netmend.repairs.weights.memory import estimated
from netmend.repairs.weights.placing import probed

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_more_points_and_the_covariance_norm_take_more(mlp, conv, points):
    images = np.zeros((1, 2, 5, 5), np.float32)
    for network, inputs in ((mlp, points), (conv, images)):
        probe = probed(network.graph, {"x": inputs})
        for layer in linear_layers(network.graph):
            few = estimated(network.graph, layer, 10, probe, weighted=False, last=False)
            many = estimated(network.graph, layer, 10_000, probe, weighted=False, last=False)
            weighted = estimated(network.graph, layer, 10, probe, weighted=True, last=False)
            assert few < weighted < many and many > 8 * 4 * 30_000**2


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_freed_memory_stays_with_the_process():
    program = (
        "import numpy as np\n"
        "from netmend.repairs.weights.memory import keep_freed\n"
        "def resident(): return int(open('/proc/self/statm').read().split()[1]) * 4096\n"
        "{}\n"
        "before = resident(); large = np.ones(2**23); del large; print(resident() - before)"
    )
    kept, given_back = (
        int(subprocess.run([sys.executable, "-c", program.format(call)], capture_output=True, check=True).stdout)
        for call in ("keep_freed()", "")
    )
    assert given_back < 2**24 < 2**25 < kept
