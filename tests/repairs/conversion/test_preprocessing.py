import numpy as np
import pytest

from netmend.network.edits import edited
from netmend.repairs.conversion.preprocessing import fitted, wrapped
from tests.repairs.conversion.networks import graph_of, rows

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 3, 6, 7)).astype(np.float32)
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
RIGHT = (PIXELS / 255 - MEAN[:, None, None]) / STD[:, None, None]


@pytest.mark.parametrize(
    "given", [PIXELS, PIXELS / 255, PIXELS / 127.5 - 1, PIXELS[:, ::-1], (PIXELS[:, ::-1] / 255 - 0.5) / 0.5]
)
def test_any_scale_shift_and_order_of_channels_is_found(given):
    found = fitted(given, RIGHT)
    turned = given[:, list(found.order)].astype(np.float64)
    np.testing.assert_allclose(turned * found.scale[:, None, None] + found.shift[:, None, None], RIGHT, atol=1e-5)


def test_swapped_channels_are_called_so():
    assert fitted(PIXELS[:, ::-1], PIXELS).sentence == "swap red and blue"


def test_what_is_no_scale_and_shift_is_not_found():
    assert fitted(PIXELS**2, RIGHT) is None
    assert fitted(PIXELS[:, :, ::-1], PIXELS) is None
    assert fitted(PIXELS, PIXELS[:2]) is None


def test_a_map_behind_the_input_makes_the_network_answer_as_if_it_were_fed_right():
    from netmend.network.evaluate import run

    right = rows()
    given = (right[:, ::-1] * 2 + 1).astype(np.float32)
    graph = graph_of()
    mended = edited(graph, wrapped(graph, "x", fitted(given, right)))
    np.testing.assert_allclose(run(mended, {"x": given})["y"], run(graph, {"x": right})["y"], atol=1e-5)


def test_nothing_is_put_in_where_nothing_is_wrong():
    assert wrapped(graph_of(), "x", fitted(PIXELS, PIXELS)) == ()
    assert fitted(PIXELS, PIXELS).sentence == "nothing"
